# SPDX-License-Identifier: Apache-2.0
"""SPLIT_V: parts of different sizes along any axis, the last given as the rest."""

from __future__ import annotations

import numpy as np

from tests.ops.moving import MovingContract, alike, image, numbers, one, source


class TestSplitV(MovingContract):
    operator = "SPLIT_V"

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        shape = list(image(rng, number))
        axis = int(rng.integers(-4, 4))
        sizes = [int(n) for n in rng.integers(1, 5, size=int(rng.integers(1, 5)))]
        whole = source(rng, dtype, shape)
        parts = []
        for size in sizes:
            shape[axis] = size
            parts.append(alike(whole, shape))
        shape[axis] = sum(sizes)
        given = [*sizes[:-1], -1] if number % 2 else sizes
        return one(
            "SPLIT_V",
            [alike(whole, shape), numbers(*given), numbers(axis, shape=()), *parts],
            outputs=len(sizes),
            options="SplitVOptions",
            numSplits=len(sizes),
        )
