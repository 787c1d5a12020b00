# SPDX-License-Identifier: Apache-2.0
"""TILE: one to three repetitions in any dimension."""

from __future__ import annotations

import numpy as np

from tests.ops.moving import MovingContract, alike, image, numbers, one, source


class TestTile(MovingContract):
    operator = "TILE"

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        shape = image(rng, number, highest=5)
        counts = [int(n) for n in rng.integers(1, 4, size=4)]
        whole = source(rng, dtype, shape)
        result = alike(whole, [n * extent for n, extent in zip(counts, shape, strict=True)])
        return one("TILE", [whole, numbers(*counts), result], options="TileOptions", version=2)
