# SPDX-License-Identifier: Apache-2.0
"""FILL: a computed number, or a constant one."""

from __future__ import annotations

import numpy as np

from tests.ops.moving import MovingContract, alike, image, numbers, one, source


class TestFill(MovingContract):
    operator = "FILL"

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        shape = image(rng, number)
        value = source(rng, dtype, ())
        return one("FILL", [numbers(*shape), value, alike(value, shape)], options="FillOptions", version=3)
