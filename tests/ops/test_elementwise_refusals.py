# SPDX-License-Identifier: Apache-2.0
"""What operators that work element by element refuse, before anything is emitted."""

from __future__ import annotations

import dataclasses

import pytest

from harness.errors import UnsupportedModel
from harness.testing.models import OperatorSpec, TensorSpec
from harness.testing.operators import HOST, render_case
from harness.testing.packed import Single, pack

INT8 = TensorSpec(shape=(1, 4), scales=(0.1,), zero_points=(0,))
OTHER = dataclasses.replace(INT8, scales=(0.2,))
COARSE = dataclasses.replace(INT8, scales=(1.5,))
INT16 = dataclasses.replace(INT8, dtype="int16")
SIXTEENTH = dataclasses.replace(INT16, scales=(1 / 32768,))
FLOAT = TensorSpec(shape=(1, 4), dtype="float32")
BOOL = TensorSpec(shape=(1, 4), dtype="bool")


@pytest.mark.parametrize(
    ("op", "tensors", "why"),
    [
        ("SQUARE", (INT8, INT8), "its types must be float32"),
        ("MAXIMUM", (INT8, OTHER, INT8), "same scale and zero point"),
        ("SELECT_V2", (BOOL, INT8, OTHER, INT8), "same scale and zero point"),
        ("SELECT", (FLOAT, FLOAT, FLOAT, FLOAT), "condition must be boolean"),
        ("LESS", (COARSE, INT8, BOOL), "scales below 1"),
        ("EQUAL", (INT8, INT8, INT8), "output must be boolean"),
        ("SUB", (INT8, INT8, dataclasses.replace(INT8, scales=(1e-8,))), "too small"),
        ("L2_NORMALIZATION", (INT8, INT8), "scale 1/128"),
        ("LOG_SOFTMAX", (INT8, INT8), "scale 16/256"),
        ("DEQUANTIZE", (FLOAT, FLOAT), "from int8, uint8 or int16 to float32"),
        ("QUANTIZE", (INT8, FLOAT), "no kernel from int8 to float32"),
        ("TANH", (INT8, FLOAT), "all int8, all int16 or all float32"),
        ("SQUARED_DIFFERENCE", (INT16, INT16, INT16), "in int8 and float32 only, not in int16"),
        ("HARD_SWISH", (INT16, INT16), "in int8 and float32 only, not in int16"),
        ("SPACE_TO_DEPTH", (INT16, INT16), "in int8 and float32 only, not in int16"),
        ("ABS", (dataclasses.replace(INT16, zero_points=(5,)), INT16), "must have the zero point 0, not 5"),
        ("PRELU", (INT16, INT16, INT16), "second input must be int8 beside an int16 one"),
        ("LESS", (INT16, dataclasses.replace(INT16, scales=(0.2,)), BOOL), "both scales must be the same"),
        ("LOGISTIC", (INT16, INT16), "scale 1/32768"),
        ("TANH", (dataclasses.replace(INT16, scales=(9.0,)), SIXTEENTH), "scale 9 is out of range"),
        ("SOFTMAX", (INT16, INT16), "beta is 0"),
        ("CAST", (dataclasses.replace(FLOAT, dtype="int64"), FLOAT), "does not convert int64"),
    ],
)
def test_it_is_refused_by_name_and_the_reason_is_given(op: str, tensors: tuple[TensorSpec, ...], why: str) -> None:
    last = len(tensors) - 1
    operator = OperatorSpec(op=op, inputs=tuple(range(last)), outputs=(last,))
    with pytest.raises(UnsupportedModel, match=why) as caught:
        render_case(pack([Single(operator=operator, tensors=tensors)]), 0, HOST)
    assert f"{op} version 1 (operator 0 of the model" in str(caught.value)


def test_a_slope_that_is_no_number_is_refused() -> None:
    operator = OperatorSpec(
        op="LEAKY_RELU", inputs=(0,), outputs=(1,), options="LeakyReluOptions", fields={"alpha": float("nan")}
    )
    with pytest.raises(UnsupportedModel, match="a multiplier of nan"):
        render_case(pack([Single(operator=operator, tensors=(INT16, INT16))]), 0, HOST)
