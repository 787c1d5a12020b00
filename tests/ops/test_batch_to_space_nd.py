# SPDX-License-Identifier: Apache-2.0
"""BATCH_TO_SPACE_ND: blocks and crops in two dimensions, or in one."""

from __future__ import annotations

from math import prod

import numpy as np

from harness.testing.operators import EDGE_CHANNELS
from tests.ops.moving import MovingContract, alike, numbers, one, source


class TestBatchToSpaceNd(MovingContract):
    operator = "BATCH_TO_SPACE_ND"

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        spatial = 1 if number % 4 == 3 else 2
        blocks = [int(n) for n in rng.integers(1, 4, size=spatial)]
        batch, depth = 1 + number % 2, EDGE_CHANNELS[number % 8]
        inner = [int(n) for n in rng.integers(1, 6, size=spatial)]
        whole = source(rng, dtype, (batch * prod(blocks), *inner, depth))
        crops, outer = [], []
        for extent, block in zip(inner, blocks, strict=True):
            before = int(rng.integers(0, min(extent * block, 3)))
            after = int(rng.integers(0, min(extent * block - before, 3)))
            crops += [before, after]
            outer.append(extent * block - before - after)
        return one(
            "BATCH_TO_SPACE_ND",
            [whole, numbers(*blocks), numbers(*crops, shape=(spatial, 2)), alike(whole, (batch, *outer, depth))],
            options="BatchToSpaceNDOptions",
            version=2,
        )
