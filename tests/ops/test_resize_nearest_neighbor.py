# SPDX-License-Identifier: Apache-2.0
"""RESIZE_NEAREST_NEIGHBOR: larger and smaller, with aligned corners or centred pixels."""

from __future__ import annotations

import numpy as np

from tests.ops.moving import MovingContract, alike, image, numbers, one, source


class TestResizeNearestNeighbor(MovingContract):
    operator = "RESIZE_NEAREST_NEIGHBOR"

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        batch, height, width, depth = image(rng, number)
        rows, columns = (int(n) for n in rng.integers(1, 15, size=2))
        if number % 4 == 0:
            rows, columns = 2 * height, 3 * width
        whole = source(rng, dtype, (batch, height, width, depth))
        return one(
            "RESIZE_NEAREST_NEIGHBOR",
            [whole, numbers(rows, columns), alike(whole, (batch, rows, columns, depth))],
            options="ResizeNearestNeighborOptions",
            version=3,
            alignCorners=number % 3 == 1,
            halfPixelCenters=number % 3 == 2,
        )
