# SPDX-License-Identifier: Apache-2.0
"""RESIZE_BILINEAR: larger and smaller, with aligned corners or centred pixels."""

from __future__ import annotations

import numpy as np

from tests.ops.moving import HostContract, alike, image, numbers, one, source


class TestResizeBilinear(HostContract):
    operator = "RESIZE_BILINEAR"
    dtypes = ("int8", "int16", "float32")

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        batch, height, width, depth = image(rng, number, batch=1 + number % 2)
        rows, columns = (int(n) for n in rng.integers(1, 15, size=2))
        if number % 4 == 0:
            rows, columns = 2 * height, 3 * width
        whole = source(rng, dtype, (batch, height, width, depth))
        return one(
            "RESIZE_BILINEAR",
            [whole, numbers(rows, columns), alike(whole, (batch, rows, columns, depth))],
            options="ResizeBilinearOptions",
            version=3,
            alignCorners=number % 3 == 1,
            halfPixelCenters=number % 3 == 2,
        )
