# SPDX-License-Identifier: Apache-2.0
"""SPLIT: equal parts along any axis."""

from __future__ import annotations

import numpy as np

from tests.ops.moving import MovingContract, alike, image, numbers, one, source


class TestSplit(MovingContract):
    operator = "SPLIT"

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        shape = list(image(rng, number))
        axis = int(rng.integers(-4, 4))
        count = int(rng.integers(1, 5))
        parts = [alike(whole := source(rng, dtype, shape), shape)] * count
        shape[axis] *= count
        return one(
            "SPLIT",
            [numbers(axis, shape=()), alike(whole, shape), *parts],
            outputs=count,
            options="SplitOptions",
            numSplits=count,
        )
