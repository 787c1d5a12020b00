# SPDX-License-Identifier: Apache-2.0
"""The data of a task in an ``.npz`` file of numpy."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from harness.errors import BadTask
from harness.records import Parameters
from harness.tasks._base import Array, Data, Floats, Split
from harness.tasks._sources.arrays import carve, from_arrays

_PARTS = {"train": ("train",), "validation": ("validation", "val", "valid"), "test": ("test",)}


def from_npz(
    path: str | Path,
    *,
    mean: float = 0.0,
    scale: float = 1.0,
    validation: float = 0.2,
    test: float = 0.2,
    seed: int = 0,
    classes: Sequence[str] = (),
) -> Data:
    """Read ``x_train, y_train, x_validation, y_validation, x_test, y_test``, or ``x, y``, which are then split.

    Inputs become ``(x - mean) / scale`` in float32, such as ``scale=255`` for bytes; both are kept as preprocessing.
    ``val`` is read for ``validation``; without it, its share is taken of the training data. Raises BadTask, naming the
    file, for arrays that are missing, of other lengths, or of Python objects, which are never unpickled.
    """
    file = Path(path)
    arrays = _read(file)
    preprocessing = _constants(mean, scale)

    def inputs(name: str) -> Floats:
        values = _numbers(file, name, arrays[name])
        return ((values - np.float32(mean)) / np.float32(scale)).astype(np.float32)

    if {"x", "y"} <= arrays.keys():
        _require_pair(file, arrays, "x", "y")
        return from_arrays(
            inputs("x"),
            arrays["y"],
            validation=validation,
            test=test,
            seed=seed,
            classes=classes,
            preprocessing=preprocessing,
        )
    splits = {part: _split(file, arrays, names, inputs) for part, names in _PARTS.items()}
    train, held, unseen = splits["train"], splits["validation"], splits["test"]
    if train is None or unseen is None:
        raise BadTask(
            f"{file} holds {', '.join(sorted(arrays)) or 'nothing'}, not the arrays of a task",
            hint="Save x and y, or x_train, y_train, x_validation, y_validation, x_test and y_test.",
        )
    if held is None:
        train, held = carve(train, validation, seed=seed)
    return Data(train=train, validation=held, test=unseen, classes=tuple(classes), preprocessing=preprocessing)


def _read(file: Path) -> dict[str, Array]:
    try:
        with np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except OSError as error:
        raise BadTask(f"{file} cannot be read: {error.strerror or error}") from error
    except (ValueError, zipfile.BadZipFile, AttributeError, TypeError) as error:
        objects = "holds Python objects, which would run code when they are unpickled"
        told = objects if "Object arrays" in str(error) else f"is damaged: {error}"
        raise BadTask(f"{file} {told}", hint="Save arrays of numbers with numpy.savez.") from error


def _split(
    file: Path, arrays: Mapping[str, Array], names: Sequence[str], inputs: Callable[[str], Floats]
) -> Split | None:
    for name in names:
        if f"x_{name}" in arrays or f"y_{name}" in arrays:
            _require_pair(file, arrays, f"x_{name}", f"y_{name}")
            return Split(inputs=inputs(f"x_{name}"), targets=arrays[f"y_{name}"])
    return None


def _require_pair(file: Path, arrays: Mapping[str, Array], x: str, y: str) -> None:
    for name, other in ((x, y), (y, x)):
        if name not in arrays:
            raise BadTask(f"{file} holds {other}, but no {name}")
    if arrays[x].shape[:1] != arrays[y].shape[:1] or not arrays[x].shape:
        raise BadTask(f"{file}: {x} is of shape {arrays[x].shape}, {y} of {arrays[y].shape}: the first must be alike")


def _numbers(file: Path, name: str, values: Array) -> Floats:
    if values.dtype.kind not in "fiub":
        raise BadTask(f"{file}: {name} is {values.dtype}, no numbers")
    return values.astype(np.float32)


def _constants(mean: float, scale: float) -> Parameters:
    if scale == 0:
        raise BadTask("scale must not be 0")
    return () if (mean, scale) == (0.0, 1.0) else (("mean", float(mean)), ("scale", float(scale)))
