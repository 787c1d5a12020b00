# SPDX-License-Identifier: Apache-2.0
"""SPACE_TO_BATCH_ND: blocks and paddings in two dimensions, or in one."""

from __future__ import annotations

from math import prod

import numpy as np

from harness.testing.operators import EDGE_CHANNELS
from tests.ops.moving import MovingContract, alike, numbers, one, source


class TestSpaceToBatchNd(MovingContract):
    operator = "SPACE_TO_BATCH_ND"

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        spatial = 1 if number % 4 == 3 else 2
        blocks = [int(n) for n in rng.integers(1, 4, size=spatial)]
        paddings = [int(n) for n in rng.integers(0, 4, size=2 * spatial)]
        batch, depth = 1 + number % 2, EDGE_CHANNELS[number % 8]
        outer = [int(n) for n in rng.integers(2, 6, size=spatial)]
        inner = []
        for axis, (extent, block) in enumerate(zip(outer, blocks, strict=True)):
            inner.append(max(1, extent * block - paddings[2 * axis] - paddings[2 * axis + 1]))
            paddings[2 * axis + 1] += extent * block - inner[axis] - paddings[2 * axis] - paddings[2 * axis + 1]
        paddings = [max(0, padding) for padding in paddings]
        outer = [
            (extent + paddings[2 * axis] + paddings[2 * axis + 1] + block - 1) // block
            for axis, (extent, block) in enumerate(zip(inner, blocks, strict=True))
        ]
        for axis, block in enumerate(blocks):
            paddings[2 * axis + 1] = outer[axis] * block - inner[axis] - paddings[2 * axis]
        whole = source(rng, dtype, (batch, *inner, depth))
        result = alike(whole, (batch * prod(blocks), *outer, depth))
        return one(
            "SPACE_TO_BATCH_ND",
            [whole, numbers(*blocks), numbers(*paddings, shape=(spatial, 2)), result],
            options="SpaceToBatchNDOptions",
            version=2,
        )
