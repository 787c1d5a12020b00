# SPDX-License-Identifier: Apache-2.0
"""LEAKY_RELU: slopes below and above one, and a negative one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from harness.testing.models import Scalar
from tests.ops.elementwise import UnaryContract


class TestLeakyRelu(UnaryContract):
    operator = "LEAKY_RELU"
    options = "LeakyReluOptions"
    version = 2

    def fields(self, rng: np.random.Generator, number: int) -> Mapping[str, Scalar]:
        del number
        return {"alpha": float(rng.choice([0.3, 0.2, 0.01, 1.5, -0.3, 0.0]))}
