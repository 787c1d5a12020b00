# SPDX-License-Identifier: Apache-2.0
"""PAD: any border of any of four dimensions."""

from __future__ import annotations

import numpy as np

from tests.ops.moving import MovingContract, alike, image, numbers, one, source


class TestPad(MovingContract):
    operator = "PAD"

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        shape = image(rng, number)
        borders = rng.integers(0, 4, size=(4, 2)) * (rng.random((4, 1)) < 0.6)
        inner = source(rng, dtype, shape)
        outer = [extent + int(sum(border)) for extent, border in zip(shape, borders, strict=True)]
        paddings = numbers(*(int(n) for n in borders.reshape(-1)), shape=(4, 2))
        return one("PAD", [inner, paddings, alike(inner, outer)], options="PadOptions", version=2)
