# SPDX-License-Identifier: Apache-2.0
"""The process for a network that may crash the converter: ``python -m harness.train._convert_child FOLDER TYPES``.

It reads network (a saved model) and calibration.npy, and writes model.tflite, or error.json.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from harness.tasks import tensorflow
from harness.train.convert import run_converter


def main() -> None:
    """Convert one network; what the converter raises is written for the process that waits."""
    folder, types = Path(sys.argv[1]), sys.argv[2]
    try:
        converter = tensorflow().lite.TFLiteConverter.from_saved_model(str(folder / "network"))
        model = run_converter(converter, types, np.load(folder / "calibration.npy"))
    except Exception as error:  # the converter raises classes of its own, RuntimeError, ValueError and others
        (folder / "error.json").write_text(json.dumps({"error": str(error)}))
        raise
    (folder / "model.tflite").write_bytes(model)


if __name__ == "__main__":
    main()
