# SPDX-License-Identifier: Apache-2.0
"""GELU: exact and approximate."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from harness.testing.models import Scalar
from tests.ops.elementwise import UnaryContract


class TestGelu(UnaryContract):
    operator = "GELU"
    options = "GeluOptions"
    version = 2

    def fields(self, rng: np.random.Generator, number: int) -> Mapping[str, Scalar]:
        del rng
        return {"approximate": number % 2 == 1}
