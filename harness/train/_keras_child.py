# SPDX-License-Identifier: Apache-2.0
"""The process that works with a ``.keras`` file: ``python -m harness.train._keras_child FOLDER``.

It reads request.json, samples.npy and calibration.npy, and writes outputs.npy, int8.tflite and one_sample.tflite, or
error.json.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from harness.compress import Network
from harness.train._loading import float_outputs, load_model, tell_errors
from harness.train.convert import convert


def main() -> None:
    """Load, run and convert one model."""
    folder = Path(sys.argv[1])
    tell_errors(folder, lambda: _work(folder, **json.loads((folder / "request.json").read_text())))


def _work(folder: Path, *, model: str, keras: str, trust: bool) -> None:
    samples, calibration = np.load(folder / "samples.npy"), np.load(folder / "calibration.npy")
    loaded, _ = load_model(model, keras, trust=trust, shape=samples.shape[1:])
    outputs = float_outputs(loaded, samples)
    np.save(folder / "partial.npy", outputs)
    (folder / "partial.npy").rename(folder / "outputs.npy")
    network = Network(model=loaded, types="int8")
    for name, chosen in (("int8", calibration), ("one_sample", calibration[:1])):
        (folder / f"{name}.tflite").write_bytes(convert(network, chosen, name=Path(model).name))


if __name__ == "__main__":
    main()
