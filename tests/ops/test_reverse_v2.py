# SPDX-License-Identifier: Apache-2.0
"""REVERSE_V2: along one axis, or several neighbours."""

from __future__ import annotations

import numpy as np

from tests.ops.moving import MovingContract, alike, image, numbers, one, source


class TestReverseV2(MovingContract):
    operator = "REVERSE_V2"

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        shape = image(rng, number)
        axes = ((1,), (2,), (3,), (0,), (1, 2), (2, 3), (1, 2, 3), (-1,))[number % 8]
        whole = source(rng, dtype, shape)
        return one("REVERSE_V2", [whole, numbers(*axes), alike(whole, shape)], options="ReverseV2Options", version=3)
