# SPDX-License-Identifier: Apache-2.0
"""QUANTIZE: from floats and between quantizations; edges of rounding, values beyond the range."""

from __future__ import annotations

import dataclasses

import numpy as np

from harness.testing.host import Array
from harness.testing.packed import Single
from harness.testing.tensors import activation
from tests.ops.elementwise import UnaryContract

_WIDE = (("int16", "int16"), ("int16", "int8"), ("int8", "int16"), ("float32", "int16"))


class TestQuantize(UnaryContract):
    operator = "QUANTIZE"
    options = "QuantizeOptions"

    def single(self, rng: np.random.Generator, dtype: str, number: int) -> Single:
        single = super().single(rng, dtype, number)
        if dtype == "int8":
            return single
        source, output = single.tensors
        given, wanted = _WIDE[number % len(_WIDE)] if dtype == "int16" else ("float32", "int8")
        first = activation(rng, given, source.shape, scale=(source.scales or (None,))[0])
        scale = (output.scales or (0.25 if number % 3 == 0 else None,))[0]
        return dataclasses.replace(single, tensors=(first, activation(rng, wanted, output.shape, scale=scale)))

    def admissible(self, operand: int, zero_point: int, values: Array) -> Array:
        del operand, zero_point
        if values.dtype.kind == "i":
            return values
        return np.clip(np.nan_to_num(values.astype(np.float32)), -1e5, 1e5).astype(np.float32)
