# SPDX-License-Identifier: Apache-2.0
"""What the processes that open a model of one's own do alike: load it by the Keras that wrote it, and run it."""

from __future__ import annotations

import importlib
import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from harness.errors import BadModel, HarnessError
from harness.tasks import Floats, captured_stderr, tensorflow

_BATCH = 32


def tell_errors(folder: Path, work: Callable[[], None]) -> None:
    """Do a process's work; an error is written into ``folder`` for the process that waits."""
    try:
        work()
    except HarnessError as error:
        told = {"kind": type(error).__name__, "message": error.message, "hint": error.hint, "log": error.log}
        (folder / "error.json").write_text(json.dumps(told))


def load_model(model: str, keras: str, *, trust: bool, shape: tuple[int, ...]) -> tuple[Any, ModuleType]:
    """Load a ``.keras`` file, or a pickle where it is trusted, that takes one sample of ``shape``; and its Keras.

    Raises BadModel where it cannot be loaded or takes something else.
    """
    module = _import(keras)
    loaded = _load(module, model, trust=trust)
    inputs = [tuple(each.shape[1:]) for each in getattr(loaded, "inputs", None) or ()]
    if inputs != [shape]:
        given = ", ".join(map(str, inputs)) or "nothing"
        raise BadModel(f"{model} takes {given}, the task's samples are {shape}")
    return loaded, module


def float_outputs(model: Any, samples: Floats) -> Floats:
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


def leaf_layers(model: Any) -> list[Any]:
    """Return the layers of a network in order but its inputs, those of networks inside it in its place."""
    inner = [layer for layer in model.layers if type(layer).__name__ != "InputLayer"]
    return [leaf for layer in inner for leaf in (leaf_layers(layer) if hasattr(layer, "layers") else [layer])]


def _import(keras: str) -> ModuleType:
    os.environ["KERAS_BACKEND"] = "tensorflow"
    tensorflow()
    with captured_stderr():
        return importlib.import_module(keras)


def _load(keras: ModuleType, model: str, *, trust: bool) -> Any:
    try:
        with captured_stderr():
            if trust and not model.endswith(".keras"):
                return pickle.loads(Path(model).read_bytes())  # the user has said so
            return keras.models.load_model(model, compile=False, safe_mode=not trust)
    except Exception as error:  # whatever is in the file, Keras has a class of its own for it
        message = f"{keras.__name__} cannot load {model}: {type(error).__name__}: {error}"
        raise BadModel(message, hint="Layers of your own cannot be loaded: replace them by those of Keras.") from error
