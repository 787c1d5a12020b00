# SPDX-License-Identifier: Apache-2.0
"""SUB: of equal shapes, broadcast, with a constant on either side, with every fused activation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from harness.testing.models import Scalar
from tests.ops.elementwise import BinaryContract


class TestSub(BinaryContract):
    operator = "SUB"
    options = "SubOptions"

    def fields(self, rng: np.random.Generator, number: int) -> Mapping[str, Scalar]:
        del rng
        return {"fusedActivationFunction": number % 4}
