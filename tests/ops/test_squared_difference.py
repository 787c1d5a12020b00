# SPDX-License-Identifier: Apache-2.0
"""SQUARED_DIFFERENCE: of equal shapes, broadcast, with a constant."""

from __future__ import annotations

import numpy as np

from tests.ops.elementwise import BinaryContract


class TestSquaredDifference(BinaryContract):
    operator = "SQUARED_DIFFERENCE"
    dtypes = ("int8", "float32")
    options = "SquaredDifferenceOptions"

    def output_scale(self, rng: np.random.Generator, first: float, second: float) -> float:
        return max(first, second) ** 2 * float(10.0 ** rng.uniform(-2.0, 2.0))
