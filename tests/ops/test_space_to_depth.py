# SPDX-License-Identifier: Apache-2.0
"""SPACE_TO_DEPTH: blocks of two to four."""

from __future__ import annotations

import numpy as np

from tests.ops.moving import MovingContract, alike, image, one, source


class TestSpaceToDepth(MovingContract):
    operator = "SPACE_TO_DEPTH"
    dtypes = ("int8", "float32", "int32")

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        block = 2 + number % 3
        batch, height, width, depth = image(rng, number, highest=5)
        whole = source(rng, dtype, (batch, height * block, width * block, depth))
        result = alike(whole, (batch, height, width, depth * block * block))
        return one("SPACE_TO_DEPTH", [whole, result], options="SpaceToDepthOptions", version=2, blockSize=block)
