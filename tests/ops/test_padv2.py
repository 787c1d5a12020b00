# SPDX-License-Identifier: Apache-2.0
"""PADV2: any border, of a given value."""

from __future__ import annotations

import dataclasses

import numpy as np

from tests.ops.moving import MovingContract, alike, image, numbers, one, source


class TestPadv2(MovingContract):
    operator = "PADV2"

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        shape = image(rng, number)
        borders = rng.integers(0, 4, size=(4, 2)) * (rng.random((4, 1)) < 0.6)
        inner = source(rng, dtype, shape)
        outer = [extent + int(sum(border)) for extent, border in zip(shape, borders, strict=True)]
        paddings = numbers(*(int(n) for n in borders.reshape(-1)), shape=(4, 2))
        value = dataclasses.replace(alike(inner, (1,)), data=rng.integers(-100, 100, size=1).astype(dtype))
        return one("PADV2", [inner, paddings, value, alike(inner, outer)], options="PadV2Options", version=2)
