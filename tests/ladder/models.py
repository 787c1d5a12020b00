# SPDX-License-Identifier: Apache-2.0
"""A task of two-dimensional points in two classes, and small models for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from harness.testing.models import OperatorSpec, TensorSpec, build_model

TASK = """
import numpy as np
from harness.tasks import Data, Split, Task, accuracy


def load_data():
    inputs = (np.random.default_rng(0).random((80, 2)) * {factor}).astype(np.float32)
    if {alike}:
        inputs[:] = inputs[:1]
    targets = np.arange(80) % 2 if {alike} else inputs[:, 0] > inputs[:, 1]
    split = Split(inputs=inputs, targets=targets.astype(np.int32))
    return Data(train=split, validation=split, test=split)


TASK = Task(summary="points", input_range=(0.0, {factor}), metric="accuracy", score=accuracy, load_data=load_data)
"""


def write_task(folder: Path, *, factor: float = 1.0, alike: bool = False) -> str:
    """Write a task without networks: the class of a point says which coordinate is larger."""
    path = folder / "points.py"
    path.write_text(TASK.format(factor=factor, alike=alike))
    return str(path)


def dense_model(weights: tuple[tuple[int, int], tuple[int, int]] = ((-100, 100), (100, -100))) -> bytes:
    """Return an int8 model of one dense layer for inputs of 0 to 1: output k is row k times the point."""
    tensors = [
        TensorSpec(shape=(1, 2), scales=(1 / 255,), zero_points=(-128,)),
        TensorSpec(shape=(2, 2), data=np.array(weights, np.int8), scales=(0.01,), zero_points=(0,)),
        TensorSpec(shape=(2,), dtype="int32", data=np.array([5, 0], np.int32), scales=(0.01 / 255,), zero_points=(0,)),
        TensorSpec(shape=(1, 2), scales=(1 / 127,), zero_points=(0,)),
    ]
    operator = OperatorSpec(op="FULLY_CONNECTED", inputs=(0, 1, 2), outputs=(3,), options="FullyConnectedOptions")
    return build_model(tensors, [operator], inputs=[0], outputs=[3])
