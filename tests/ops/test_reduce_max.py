# SPDX-License-Identifier: Apache-2.0
"""REDUCE_MAX over any dimensions, kept or dropped."""

from __future__ import annotations

import numpy as np

from tests.ops.moving import MovingContract, alike, image, numbers, one, source


class TestReduceMax(MovingContract):
    operator = "REDUCE_MAX"

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        shape = image(rng, number, batch=1 + number % 2)
        axes = ((1, 2), (2, 1), (-3, -2), (1,), (2,), (3,), (1, 2, 3), (1, 3), (0, 2), (0, 1, 2, 3), (0, 3))[
            number % 11
        ]
        reduced = {axis % 4 for axis in axes}
        keep = number % 2 == 0
        kept = [1 if axis in reduced else extent for axis, extent in enumerate(shape)]
        dropped = [extent for axis, extent in enumerate(shape) if axis not in reduced]
        whole = source(rng, dtype, shape)
        result = alike(whole, kept if keep else dropped)

        return one("REDUCE_MAX", [whole, numbers(*axes), result], options="ReducerOptions", version=2, keepDims=keep)
