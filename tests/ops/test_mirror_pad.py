# SPDX-License-Identifier: Apache-2.0
"""MIRROR_PAD: reflected and symmetric borders."""

from __future__ import annotations

import numpy as np

from tests.ops.moving import MovingContract, alike, image, numbers, one, source


class TestMirrorPad(MovingContract):
    operator = "MIRROR_PAD"

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        mode = number % 2
        shape = tuple(extent + 1 for extent in image(rng, number))
        borders = [[int(rng.integers(0, min(extent + mode, 5))) for _ in range(2)] for extent in shape]
        inner = source(rng, dtype, shape)
        outer = [extent + sum(border) for extent, border in zip(shape, borders, strict=True)]
        paddings = numbers(*(n for border in borders for n in border), shape=(4, 2))
        return one("MIRROR_PAD", [inner, paddings, alike(inner, outer)], options="MirrorPadOptions", mode=mode)
