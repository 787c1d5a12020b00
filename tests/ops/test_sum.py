# SPDX-License-Identifier: Apache-2.0
"""SUM over any dimensions, kept or dropped; int8 with the input's scale or another."""

from __future__ import annotations

import dataclasses

import numpy as np

from harness.reference import Golden
from tests.ops.moving import MovingContract, alike, image, numbers, one, source


class TestSum(MovingContract):
    operator = "SUM"

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        shape = image(rng, number, batch=1 + number % 2)
        axes = ((1, 2), (2, 1), (-3, -2), (1,), (2,), (3,), (1, 2, 3), (1, 3), (0, 2), (0, 1, 2, 3), (0, 3))[
            number % 11
        ]
        reduced = {axis % 4 for axis in axes}
        keep = number % 2 == 0
        kept = [1 if axis in reduced else extent for axis, extent in enumerate(shape)]
        dropped = [extent for axis, extent in enumerate(shape) if axis not in reduced]
        whole = source(rng, dtype, shape)
        result = alike(whole, kept if keep else dropped)

        if whole.scales and number % 3:
            scale = float(np.float32(whole.scales[0] * 10.0 ** rng.uniform(0.0, 2.0)))
            zero = int(rng.integers(-128, 128)) if dtype == "int8" else 0
            result = dataclasses.replace(result, scales=(scale,), zero_points=(zero,))
        return one("SUM", [whole, numbers(*axes), result], options="ReducerOptions", version=2, keepDims=keep)

    def test_int8_is_compared_with_kernels_that_read_it_as_int8(self) -> None:
        assert Golden(self.models("int8", 1)[0]).kernels == "BUILTIN_WITHOUT_DEFAULT_DELEGATES"
        assert Golden(self.models("float32", 1)[0]).kernels == "BUILTIN_REF"
