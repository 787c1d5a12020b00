# SPDX-License-Identifier: Apache-2.0
"""CONCATENATION: two to five inputs along any axis, some of them constant."""

from __future__ import annotations

import dataclasses

import numpy as np

from tests.ops.moving import MovingContract, alike, image, one, source


class TestConcatenation(MovingContract):
    operator = "CONCATENATION"

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        shape = list(image(rng, number))
        axis = (3, 1, 2, -1, 0)[number % 5]
        first = source(rng, dtype, shape)
        parts = [first]
        for k in range(int(rng.integers(1, 5))):
            shape[axis] = int(rng.integers(1, 6))
            part = alike(first, shape)
            if k == 1 and number % 3 == 0:
                part = dataclasses.replace(part, data=rng.integers(-100, 100, size=shape).astype(dtype))
            parts.append(part)
        shape[axis] = sum(part.shape[axis] for part in parts)
        output = alike(first, shape)
        return one("CONCATENATION", [*parts, output], options="ConcatenationOptions", axis=axis)
