# SPDX-License-Identifier: Apache-2.0
"""RSQRT: int8 inputs from the zero point up, below it the reference stops."""

from __future__ import annotations

import numpy as np

from harness.testing.host import Array
from tests.ops.elementwise import UnaryContract


class TestRsqrt(UnaryContract):
    operator = "RSQRT"
    version = 2

    def admissible(self, operand: int, zero_point: int, values: Array) -> Array:
        del operand
        return np.maximum(values, zero_point).astype(np.int8) if values.dtype == np.int8 else values
