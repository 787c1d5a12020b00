# SPDX-License-Identifier: Apache-2.0
"""MEAN over any dimensions, kept or dropped."""

from __future__ import annotations

import numpy as np

from harness.testing.models import OperatorSpec, TensorSpec
from harness.testing.operators import EDGE_CHANNELS, OperatorContract, single_operator
from harness.testing.tensors import activation


class TestMean(OperatorContract):
    operator = "MEAN"
    dtypes = ("int8", "int16", "float32")

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        height, width = (int(n) for n in rng.integers(1, 13, size=2))
        shape = (1, height, width, EDGE_CHANNELS[number % len(EDGE_CHANNELS)])
        axes = ((1, 2), (2, 1), (-3, -2), (1,), (2,), (3,), (1, 2, 3), (1, 3), (0, 2), (0, 1, 2, 3))[number % 10]
        averaged = {axis % 4 for axis in axes}
        keep = number % 2 == 0
        kept = [1 if axis in averaged else extent for axis, extent in enumerate(shape)]
        dropped = [extent for axis, extent in enumerate(shape) if axis not in averaged]
        source = activation(rng, dtype, shape)
        scale = None
        if source.scales:
            scale = source.scales[0] * (1.0 if number % 3 == 0 else float(10.0 ** rng.uniform(-1.5, 1.0)))
        output = activation(rng, dtype, tuple(kept if keep else dropped), scale=scale)
        tensors = [source, TensorSpec(shape=(len(axes),), dtype="int32", data=np.array(axes, np.int32)), output]
        operator = OperatorSpec(
            op="MEAN", inputs=(0, 1), outputs=(2,), options="ReducerOptions", fields={"keepDims": keep}, version=2
        )
        return single_operator(operator, tensors, inputs=[0], output=2)
