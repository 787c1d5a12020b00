# SPDX-License-Identifier: Apache-2.0
"""SHAPE: the extents of inputs of any rank."""

from __future__ import annotations

import numpy as np

from harness.testing.models import TensorSpec
from tests.ops.moving import MovingContract, image, one, source


class TestShape(MovingContract):
    operator = "SHAPE"

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        shape = image(rng, number)[number % 4 :]
        whole = source(rng, dtype, shape)
        return one("SHAPE", [whole, TensorSpec(shape=(len(shape),), dtype="int32")], options="ShapeOptions", outType=2)
