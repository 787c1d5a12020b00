# SPDX-License-Identifier: Apache-2.0
"""UNPACK: the slices along any axis."""

from __future__ import annotations

import numpy as np

from tests.ops.moving import MovingContract, alike, image, one, source


class TestUnpack(MovingContract):
    operator = "UNPACK"

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        shape = image(rng, number, highest=5)
        axis = int(rng.integers(-4, 4))
        whole = source(rng, dtype, shape)
        rest = [extent for k, extent in enumerate(shape) if k != axis % 4]
        count = shape[axis]
        parts = [alike(whole, rest)] * count
        return one("UNPACK", [whole, *parts], outputs=count, options="UnpackOptions", num=count, axis=axis)
