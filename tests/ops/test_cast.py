# SPDX-License-Identifier: Apache-2.0
"""CAST: every pair of types that generated code holds."""

from __future__ import annotations

import numpy as np

from harness.testing.models import OperatorSpec, TensorSpec
from harness.testing.operators import EDGE_CHANNELS
from harness.testing.packed import PackedContract, Single

TYPES = ("bool", "int8", "uint8", "int16", "int32", "float32")


class TestCast(PackedContract):
    operator = "CAST"
    dtypes = TYPES
    cases_on_host = 24
    cases_on_boards = 6

    def single(self, rng: np.random.Generator, dtype: str, number: int) -> Single:
        del rng
        shape = (1, 3, EDGE_CHANNELS[number % len(EDGE_CHANNELS)])
        target = TYPES[number % len(TYPES)]
        operator = OperatorSpec(op="CAST", inputs=(0,), outputs=(1,), options="CastOptions")
        return Single(
            operator=operator, tensors=(TensorSpec(shape=shape, dtype=dtype), TensorSpec(shape=shape, dtype=target))
        )
