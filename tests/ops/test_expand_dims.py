# SPDX-License-Identifier: Apache-2.0
"""EXPAND_DIMS: a new dimension anywhere."""

from __future__ import annotations

import numpy as np

from tests.ops.moving import MovingContract, alike, image, numbers, one, source


class TestExpandDims(MovingContract):
    operator = "EXPAND_DIMS"

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        shape = image(rng, number)[1:]
        axis = int(rng.integers(-4, 4))
        wanted = list(shape)
        wanted.insert(axis % 4, 1)
        whole = source(rng, dtype, shape)
        return one("EXPAND_DIMS", [whole, numbers(axis, shape=()), alike(whole, wanted)], options="ExpandDimsOptions")
