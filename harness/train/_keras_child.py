# SPDX-License-Identifier: Apache-2.0
"""The process that works with a ``.keras`` file: ``python -m harness.train._keras_child FOLDER``.

It reads request.json, samples.npy and calibration.npy, and writes outputs.npy, int8.tflite and one_sample.tflite, or
error.json.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from harness.compress import Network
from harness.errors import BadModel, HarnessError
from harness.tasks import Floats, captured_stderr, tensorflow
from harness.train.convert import convert

_BATCH = 32


def main() -> None:
    """Load, run and convert one model; an error is written for the process that waits."""
    folder = Path(sys.argv[1])
    try:
        _work(folder, **json.loads((folder / "request.json").read_text()))
    except HarnessError as error:
        told = {"kind": type(error).__name__, "message": error.message, "hint": error.hint, "log": error.log}
        (folder / "error.json").write_text(json.dumps(told))


def _work(folder: Path, *, model: str, keras: str) -> None:
    loaded = _load(_import(keras), model)
    samples, calibration = np.load(folder / "samples.npy"), np.load(folder / "calibration.npy")
    shape = tuple(loaded.inputs[0].shape[1:])
    if len(loaded.inputs) != 1 or shape != samples.shape[1:]:
        given = ", ".join(str(tuple(each.shape[1:])) for each in loaded.inputs)
        raise BadModel(f"{model} takes {given}, the task's samples are {samples.shape[1:]}")
    outputs = _outputs(loaded, samples)
    np.save(folder / "partial.npy", outputs)
    (folder / "partial.npy").rename(folder / "outputs.npy")
    network = Network(model=loaded, types="int8")
    for name, chosen in (("int8", calibration), ("one_sample", calibration[:1])):
        (folder / f"{name}.tflite").write_bytes(convert(network, chosen, name=Path(model).name))


def _import(keras: str) -> ModuleType:
    os.environ["KERAS_BACKEND"] = "tensorflow"
    tensorflow()
    with captured_stderr():
        return importlib.import_module(keras)


def _load(keras: ModuleType, model: str) -> Any:
    try:
        with captured_stderr():
            return keras.models.load_model(model, compile=False)
    except Exception as error:  # whatever is in the file, Keras has a class of its own for it
        message = f"{keras.__name__} cannot load {model}: {type(error).__name__}: {error}"
        raise BadModel(message, hint="Layers of your own cannot be loaded: replace them by those of Keras.") from error


def _outputs(model: Any, samples: Floats) -> Floats:
    """Return the first output for each sample, as the model computes it in floats."""
    size = _BATCH if model.inputs[0].shape[0] is None else int(model.inputs[0].shape[0])
    found = []
    for start in range(0, len(samples), size):
        batch = samples[start : start + size]
        filled = np.concatenate([batch, np.repeat(batch[-1:], size - len(batch), axis=0)])  # of a size that is fixed
        answer = model(filled, training=False)
        first = answer[0] if isinstance(answer, (list, tuple)) else answer
        found.append(np.asarray(first, np.float32)[: len(batch)])
    return np.concatenate(found)


if __name__ == "__main__":
    main()
