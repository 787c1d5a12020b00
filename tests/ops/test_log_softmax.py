# SPDX-License-Identifier: Apache-2.0
"""LOG_SOFTMAX: one or several rows, small and large scales."""

from __future__ import annotations

import numpy as np

from harness.testing.models import OperatorSpec, TensorSpec
from harness.testing.packed import PackedContract, Single
from harness.testing.tensors import activation


class TestLogSoftmax(PackedContract):
    operator = "LOG_SOFTMAX"

    def single(self, rng: np.random.Generator, dtype: str, number: int) -> Single:
        depth = int(rng.choice([1, 2, 3, 5, 7, 8, 9, 16, 100, 1000]))
        shape = ((1, depth), (4, depth), (2, 3, depth))[number % 3]
        source = activation(rng, dtype, shape, scale=float(10.0 ** rng.uniform(-3.5, 1.0)))
        output = TensorSpec(shape=shape, dtype=dtype)
        if dtype == "int8":
            output = TensorSpec(shape=shape, dtype=dtype, scales=(16 / 256,), zero_points=(127,))
        operator = OperatorSpec(
            op="LOG_SOFTMAX", inputs=(0,), outputs=(1,), options="LogSoftmaxOptions", version=2 if source.scales else 1
        )
        return Single(operator=operator, tensors=(source, output))
