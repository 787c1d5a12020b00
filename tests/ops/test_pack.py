# SPDX-License-Identifier: Apache-2.0
"""PACK: one to four tensors along any new axis."""

from __future__ import annotations

import numpy as np

from tests.ops.moving import MovingContract, alike, image, one, source


class TestPack(MovingContract):
    operator = "PACK"

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        shape = image(rng, number)[: 1 + number % 4]
        axis = int(rng.integers(-len(shape) - 1, len(shape) + 1))
        first = source(rng, dtype, shape)
        count = int(rng.integers(1, 5))
        whole = list(shape)
        whole.insert(axis % (len(shape) + 1), count)
        return one("PACK", [first] * count + [alike(first, whole)], options="PackOptions", valuesCount=count, axis=axis)
