# SPDX-License-Identifier: Apache-2.0
"""DEPTH_TO_SPACE: blocks of two to four."""

from __future__ import annotations

import numpy as np

from tests.ops.moving import MovingContract, alike, image, one, source


class TestDepthToSpace(MovingContract):
    operator = "DEPTH_TO_SPACE"
    dtypes = ("int8", "float32", "int32")

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        block = 2 + number % 3
        batch, height, width, depth = image(rng, number, highest=5)
        whole = source(rng, dtype, (batch, height, width, depth * block * block))
        result = alike(whole, (batch, height * block, width * block, depth))
        return one("DEPTH_TO_SPACE", [whole, result], options="DepthToSpaceOptions", blockSize=block)
