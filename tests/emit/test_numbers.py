# SPDX-License-Identifier: Apache-2.0
"""Numbers in C text read back as what they were."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.emit.numbers import c_type, dimensions, f32, s32, table


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_float_reads_back_with_the_same_bits(value: float) -> None:
    text = f32(value)
    assert text.endswith("f")
    assert any(mark in text for mark in ".e")
    assert np.float32(text[:-1]).tobytes() == np.float32(value).tobytes()


def test_what_is_no_number_has_a_name() -> None:
    assert [f32(math.inf), f32(-math.inf), f32(math.nan)] == ["INFINITY", "-INFINITY", "NAN"]


def test_the_lowest_integer_has_no_literal() -> None:
    assert s32(-(2**31)) == "INT32_MIN"
    assert s32(-(2**31) + 1) == "-2147483647"


@pytest.mark.parametrize("dtype", ["int8", "int32", "float32"])
def test_a_table_holds_every_number_in_order_within_120_columns(dtype: str) -> None:
    rng = np.random.default_rng(4)
    values = (
        rng.integers(np.iinfo(dtype).min, np.iinfo(dtype).max, 1001) if dtype != "float32" else rng.normal(size=1001)
    ).astype(dtype)
    rows = list(table(values))
    assert max(len(row) for row in rows) <= 118
    assert len({len(row) for row in rows[:-1]}) == 1
    read = [item.strip().removesuffix("f") for row in rows for item in row.rstrip(",").split(",")]
    assert np.array_equal(np.array(read, dtype=dtype), values)


def test_a_negative_zero_keeps_its_sign_in_a_table() -> None:
    assert list(table(np.array([0.0, -0.0], np.float32))) == [" 0.0f, -0.0f,"]


def test_types_of_c_are_known_for_what_generated_code_holds() -> None:
    assert [c_type(name) for name in ("int8", "int16", "int32", "float32")] == [
        "int8_t",
        "int16_t",
        "int32_t",
        "float",
    ]
    with pytest.raises(KeyError):
        c_type("float16")


def test_shapes_are_written_for_comments() -> None:
    assert [dimensions((1, 49, 10)), dimensions(())] == ["1x49x10", "scalar"]
