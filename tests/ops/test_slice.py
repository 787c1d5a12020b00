# SPDX-License-Identifier: Apache-2.0
"""SLICE: parts of tensors of one to four dimensions, some to the end."""

from __future__ import annotations

import numpy as np

from tests.ops.moving import MovingContract, alike, image, numbers, one, source


class TestSlice(MovingContract):
    operator = "SLICE"

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        shape = image(rng, number)[number % 3 :]
        begins = [int(rng.integers(0, extent)) for extent in shape]
        sizes = [int(rng.integers(1, extent - begin + 1)) for extent, begin in zip(shape, begins, strict=True)]
        given = list(sizes)
        if number % 2:
            given[-1], sizes[-1] = -1, shape[-1] - begins[-1]
        whole = source(rng, dtype, shape)
        return one(
            "SLICE", [whole, numbers(*begins), numbers(*given), alike(whole, sizes)], options="SliceOptions", version=2
        )
