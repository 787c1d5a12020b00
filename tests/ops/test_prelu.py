# SPDX-License-Identifier: Apache-2.0
"""PRELU: slopes for every channel and broadcast otherwise, constant and computed."""

from __future__ import annotations

import numpy as np

from tests.ops.elementwise import SHAPES, BinaryContract


class TestPrelu(BinaryContract):
    operator = "PRELU"
    version = 1
    beside_int16 = "int8"
    may_swap = False
    shapes = SHAPES[:2] + SHAPES[3:4]
    second_scale = (-2.0, 1.0)

    def output_scale(self, rng: np.random.Generator, first: float, second: float) -> float:
        del second
        return first * float(10.0 ** rng.uniform(-1.0, 2.0))
