# SPDX-License-Identifier: Apache-2.0
"""A process that runs a model in the reference interpreter: ``python -m harness.ladder._reference_child FOLDER``.

The interpreter ends the whole process where it meets what it takes for impossible, such as a softmax of a tiny scale.
It reads model.tflite and inputs.npz, and writes outputs.npz.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from harness.reference import Golden


def main() -> None:
    """Write the first output for each input."""
    folder = Path(sys.argv[1])
    golden = Golden((folder / "model.tflite").read_bytes())
    with np.load(folder / "inputs.npz") as inputs:
        outputs = [golden.outputs((inputs[f"arr_{number}"],))[0] for number in range(len(inputs.files))]
    np.savez(folder / "outputs.npz", *outputs)


if __name__ == "__main__":
    main()
