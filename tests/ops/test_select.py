# SPDX-License-Identifier: Apache-2.0
"""SELECT: conditions of the same shape and broadcast, constants among the choices."""

from __future__ import annotations

import dataclasses

import numpy as np

from harness.testing.models import OperatorSpec, TensorSpec
from harness.testing.operators import EDGE_CHANNELS
from harness.testing.packed import PackedContract, Single
from harness.testing.tensors import activation


class TestSelect(PackedContract):
    operator = "SELECT"
    dtypes = ("int8", "int16", "float32")

    def single(self, rng: np.random.Generator, dtype: str, number: int) -> Single:
        depth = EDGE_CHANNELS[number % len(EDGE_CHANNELS)]
        height, width = (int(n) for n in rng.integers(2, 7, size=2))
        whole = (1, height, width, depth)
        shapes = ((whole, whole, whole), ((1,), whole, whole), (whole, whole, whole))[number % 3]
        condition = TensorSpec(shape=shapes[0], dtype="bool")
        first = activation(rng, dtype, shapes[1])
        second = dataclasses.replace(first, shape=shapes[2])
        output = dataclasses.replace(first, shape=tuple(np.broadcast_shapes(*shapes)))
        if number % 4 == 2:
            second = dataclasses.replace(second, data=rng.integers(-128, 128, size=shapes[2]).astype(dtype))
        if number % 4 == 3:
            condition = dataclasses.replace(condition, data=rng.integers(0, 2, size=shapes[0]).astype(np.bool_))
        operator = OperatorSpec(
            op="SELECT",
            inputs=(0, 1, 2),
            outputs=(3,),
            options="SelectOptions",
        )
        return Single(operator=operator, tensors=(condition, first, second, output))
