# SPDX-License-Identifier: Apache-2.0
"""QUANTIZE: from floats and between quantizations; edges of rounding, values beyond the range."""

from __future__ import annotations

import dataclasses

import numpy as np

from harness.ops import choose_variant, parse_layer
from harness.testing.host import Array
from harness.testing.packed import Single
from harness.testing.tensors import activation
from harness.tflite import read_model
from tests.ops.elementwise import UnaryContract

_KINDS = {  # of input and output, by the type that a case is for
    "float32": (("float32", "int8"),),
    "int16": (("int16", "int16"), ("int16", "int8"), ("int8", "int16"), ("float32", "int16")),
    "uint8": (("uint8", "int8"), ("int8", "uint8"), ("uint8", "uint8"), ("float32", "uint8")),
}


class TestQuantize(UnaryContract):
    operator = "QUANTIZE"
    options = "QuantizeOptions"
    dtypes = ("int8", "uint8", "int16", "float32")

    def single(self, rng: np.random.Generator, dtype: str, number: int) -> Single:
        single = super().single(rng, dtype, number)
        if dtype == "int8":
            return single
        source, output = single.tensors
        given, wanted = _KINDS[dtype][number % len(_KINDS[dtype])]
        first = activation(rng, given, source.shape, scale=(source.scales or (None,))[0])
        scale = (output.scales or (0.25 if number % 3 == 0 else None,))[0]
        last = activation(rng, wanted, output.shape, scale=scale)
        if {given, wanted} == {"int8", "uint8"} and number % 3:  # the same real numbers: the highest bit changes
            moved = first.zero_points[0] + (128 if wanted == "uint8" else -128)
            last = dataclasses.replace(last, scales=first.scales, zero_points=(moved,))
        return dataclasses.replace(single, tensors=(first, last))

    def test_between_int8_and_uint8_of_one_scale_no_table_is_needed(self) -> None:
        layers = [
            parse_layer(graph.nodes[0], graph)
            for graph in (read_model(model, name="case") for model in self.models("uint8", 12))
        ]
        tables = [len(choose_variant(layer, frozenset()).lower(layer).constants) for layer in layers]
        assert tables == [1, 0, 1, 0, 0, 0, 1, 0, 0, 1, 1, 0]

    def admissible(self, operand: int, zero_point: int, values: Array) -> Array:
        del operand, zero_point
        if values.dtype.kind in "iu":
            return values
        return np.clip(np.nan_to_num(values.astype(np.float32)), -1e5, 1e5).astype(np.float32)
