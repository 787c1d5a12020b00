# SPDX-License-Identifier: Apache-2.0
"""SQUEEZE: given dimensions, or all of extent 1."""

from __future__ import annotations

import numpy as np

from harness.testing.operators import EDGE_CHANNELS
from tests.ops.moving import MovingContract, alike, one, source


class TestSqueeze(MovingContract):
    operator = "SQUEEZE"

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        shape = (1, int(rng.integers(1, 6)), 1, EDGE_CHANNELS[number % 8])
        whole = source(rng, dtype, shape)
        dims = [[0], [2], [0, 2], [-2], []][number % 5]
        dropped = {axis % 4 for axis in dims} or {axis for axis, extent in enumerate(shape) if extent == 1}
        result = alike(whole, [extent for axis, extent in enumerate(shape) if axis not in dropped])
        return one("SQUEEZE", [whole, result], options="SqueezeOptions", squeezeDims=dims)
