# SPDX-License-Identifier: Apache-2.0
"""GATHER: constant indices in any order along any axis, and computed ones."""

from __future__ import annotations

import numpy as np

from tests.ops.moving import MovingContract, alike, image, numbers, one, source


class TestGather(MovingContract):
    operator = "GATHER"

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        shape = image(rng, number)
        axis = int(rng.integers(-4, 4))
        indices = [int(n) for n in rng.integers(0, shape[axis], size=int(rng.integers(1, 8)))]
        wanted = list(shape)
        wanted[axis] = len(indices)
        whole = source(rng, dtype, shape)
        return one(
            "GATHER", [whole, numbers(*indices), alike(whole, wanted)], options="GatherOptions", version=2, axis=axis
        )
