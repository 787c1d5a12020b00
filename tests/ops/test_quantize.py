# SPDX-License-Identifier: Apache-2.0
"""QUANTIZE: floats to int8, halves and what is out of range among them, and int8 to other scales."""

from __future__ import annotations

import dataclasses

import numpy as np

from harness.testing.host import Array
from harness.testing.packed import Single
from harness.testing.tensors import activation
from tests.ops.elementwise import UnaryContract


class TestQuantize(UnaryContract):
    operator = "QUANTIZE"
    options = "QuantizeOptions"

    def single(self, rng: np.random.Generator, dtype: str, number: int) -> Single:
        single = super().single(rng, dtype, number)
        if dtype == "int8":
            return single
        source, output = single.tensors
        scale = 0.25 if number % 3 == 0 else None
        quantized = activation(rng, "int8", output.shape, scale=scale)
        return dataclasses.replace(single, tensors=(source, quantized))

    def admissible(self, operand: int, zero_point: int, values: Array) -> Array:
        del operand, zero_point
        if values.dtype == np.int8:
            return values
        return np.clip(np.nan_to_num(values.astype(np.float32)), -1e5, 1e5).astype(np.float32)
