# SPDX-License-Identifier: Apache-2.0
"""DIV: of equal shapes, broadcast, by a constant; never by an int8 zero, where the reference stops."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from harness.testing.host import Array
from harness.testing.models import Scalar, TensorSpec
from tests.ops.elementwise import BinaryContract


class TestDiv(BinaryContract):
    operator = "DIV"
    options = "DivOptions"
    second_scale = (-1.0, 1.0)
    may_swap = False

    def fields(self, rng: np.random.Generator, number: int) -> Mapping[str, Scalar]:
        del rng
        return {"fusedActivationFunction": number % 4}

    def output_scale(self, rng: np.random.Generator, first: float, second: float) -> float:
        return first / second * float(10.0 ** rng.uniform(-1.0, 1.0))

    def constant(self, rng: np.random.Generator, tensor: TensorSpec) -> Array:
        return self.admissible(1, (tensor.zero_points or (0,))[0], super().constant(rng, tensor))

    def admissible(self, operand: int, zero_point: int, values: Array) -> Array:
        if operand == 0 or values.dtype.kind != "i":
            return values
        nearest = zero_point + (1 if zero_point < 127 else -1)
        return np.where(values == zero_point, nearest, values.astype(np.int32)).astype(values.dtype)
