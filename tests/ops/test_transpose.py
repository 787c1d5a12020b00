# SPDX-License-Identifier: Apache-2.0
"""TRANSPOSE: every order of up to four dimensions."""

from __future__ import annotations

import numpy as np

from tests.ops.moving import MovingContract, alike, image, numbers, one, source


class TestTranspose(MovingContract):
    operator = "TRANSPOSE"

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        rank = 4 if number % 3 else 3
        shape = image(rng, number, batch=2)[-rank:]
        order = [int(n) for n in rng.permutation(rank)]
        whole = source(rng, dtype, shape)
        result = alike(whole, [shape[axis] for axis in order])
        return one("TRANSPOSE", [whole, numbers(*order), result], options="TransposeOptions", version=2)
