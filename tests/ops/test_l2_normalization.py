# SPDX-License-Identifier: Apache-2.0
"""L2_NORMALIZATION: rows of every edge length, rows of zeros among them."""

from __future__ import annotations

import numpy as np

from harness.testing.models import OperatorSpec, TensorSpec
from harness.testing.operators import EDGE_CHANNELS
from harness.testing.packed import PackedContract, Single
from harness.testing.tensors import activation


class TestL2Normalization(PackedContract):
    operator = "L2_NORMALIZATION"

    def single(self, rng: np.random.Generator, dtype: str, number: int) -> Single:
        depth = 300 if number % 10 == 9 else EDGE_CHANNELS[number % len(EDGE_CHANNELS)]
        shape = ((1, depth), (3, depth), (1, 2, 3, depth))[number % 3]
        source = activation(rng, dtype, shape)
        output = TensorSpec(shape=shape, dtype=dtype)
        if dtype == "int8":
            output = TensorSpec(shape=shape, dtype=dtype, scales=(1 / 128,), zero_points=(0,))
        operator = OperatorSpec(
            op="L2_NORMALIZATION", inputs=(0,), outputs=(1,), options="L2NormOptions", version=2 if source.scales else 1
        )
        return Single(operator=operator, tensors=(source, output))
