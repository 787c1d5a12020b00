# SPDX-License-Identifier: Apache-2.0
"""SQRT: int8 inputs from the zero point up, below it the reference stops."""

from __future__ import annotations

import numpy as np

from harness.testing.host import Array
from tests.ops.elementwise import UnaryContract


class TestSqrt(UnaryContract):
    operator = "SQRT"
    version = 2

    def admissible(self, operand: int, zero_point: int, values: Array) -> Array:
        del operand
        return np.maximum(values, zero_point).astype(values.dtype) if values.dtype.kind == "i" else values
