# SPDX-License-Identifier: Apache-2.0
"""SOFTMAX: one or several rows, small and large scales, betas other than one."""

from __future__ import annotations

import numpy as np

from harness.testing.models import OperatorSpec, TensorSpec
from harness.testing.operators import OperatorContract, single_operator
from harness.testing.tensors import activation


class TestSoftmax(OperatorContract):
    operator = "SOFTMAX"
    dtypes = ("int8", "int16", "float32")

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        depth = int(rng.choice([1, 2, 3, 5, 10, 12, 100, 511]))
        shape = ((1, depth), (4, depth), (2, 3, depth))[number % 3]
        scale = float(10.0 ** rng.uniform(-2.5, 0.0)) if number % 8 else float(rng.choice([1e-6, 1e-4, 5.0, 40.0]))
        source = activation(rng, dtype, shape, scale=scale)
        output = TensorSpec(shape=shape, dtype=dtype)
        if dtype == "int8":
            output = TensorSpec(shape=shape, dtype=dtype, scales=(1 / 256,), zero_points=(-128,))
        if dtype == "int16":  # its scales must be below 5 / beta
            source = activation(rng, dtype, shape, scale=min(scale, 1.0))
            output = TensorSpec(shape=shape, dtype=dtype, scales=(1 / 32768,), zero_points=(0,))
        operator = OperatorSpec(
            op="SOFTMAX",
            inputs=(0,),
            outputs=(1,),
            options="SoftmaxOptions",
            fields={"beta": float(rng.choice([1.0, 1.0, 0.5, 2.0, 3.7]))},
            version=2,
        )
        return single_operator(operator, [source, output], inputs=[0], output=1)
