# SPDX-License-Identifier: Apache-2.0
"""DEQUANTIZE: int8 to floats."""

from __future__ import annotations

import dataclasses

import numpy as np

from harness.testing.models import TensorSpec
from harness.testing.packed import Single
from tests.ops.elementwise import UnaryContract


class TestDequantize(UnaryContract):
    operator = "DEQUANTIZE"
    options = "DequantizeOptions"
    version = 2
    dtypes = ("int8",)

    def single(self, rng: np.random.Generator, dtype: str, number: int) -> Single:
        single = super().single(rng, dtype, number)
        source, output = single.tensors
        return dataclasses.replace(single, tensors=(source, TensorSpec(shape=output.shape, dtype="float32")))

    def test_a_table_equals_the_reference_kernel_for_every_input(self) -> None:
        """It has no table: all inputs are in the other cases."""
        shapes = [single.tensors[0].shape for single in self.singles("int8", 4)]
        assert all(int(np.prod(shape)) > 0 for shape in shapes)
