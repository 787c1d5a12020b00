# SPDX-License-Identifier: Apache-2.0
"""MUL: of equal shapes, broadcast, with a constant, with every fused activation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from harness.testing.models import Scalar
from tests.ops.elementwise import BinaryContract


class TestMul(BinaryContract):
    operator = "MUL"
    options = "MulOptions"

    def fields(self, rng: np.random.Generator, number: int) -> Mapping[str, Scalar]:
        del rng
        return {"fusedActivationFunction": number % 4}

    def output_scale(self, rng: np.random.Generator, first: float, second: float) -> float:
        return first * second * float(10.0 ** rng.uniform(-1.0, 3.0))
