# SPDX-License-Identifier: Apache-2.0
"""The arithmetic that operators share: multipliers, windows, fixed point."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.ops._fixed_point import ONE, doubling_high_multiply, exp_of_nonpositive, rounding_shift_right
from harness.ops._quantized import Multiplier, fold_offset, quantize_multiplier, requantization
from harness.ops._window import Axis


@given(st.floats(min_value=1e-9, max_value=1e9))
def test_a_multiplier_is_the_real_number_to_31_bits(real: float) -> None:
    multiplier = quantize_multiplier(real)
    assert 1 << 30 <= multiplier.value < 1 << 31
    assert math.isclose(multiplier.value * 2.0 ** (multiplier.shift - 31), real, rel_tol=2.0**-31)


def test_multipliers_at_the_edges() -> None:
    assert quantize_multiplier(0.0) == Multiplier(value=0, shift=0)
    assert quantize_multiplier(0.5) == Multiplier(value=1 << 30, shift=0)
    assert quantize_multiplier(1.0 - 2.0**-40) == Multiplier(value=1 << 30, shift=1)
    assert quantize_multiplier(2.0**-33) == Multiplier(value=0, shift=0)


def test_requantization_is_a_number_where_all_channels_agree_and_tables_where_not() -> None:
    one, other = Multiplier(value=1 << 30, shift=-3), Multiplier(value=3 << 29, shift=-1)
    numbers, tables = requantization([one, one])
    assert (numbers["multiplier"], numbers["shift"], numbers["requantize"]) == (1 << 30, 2, "requantize_right")
    assert not tables
    numbers, tables = requantization([one, other])
    assert [table.values.tolist() for table in tables] == [[1 << 30, 3 << 29], [2, 0]]


@pytest.mark.parametrize(
    ("shifts", "once", "helper", "counted"),
    [
        ((-4, -1), False, "requantize_right", [3, 0]),
        ((-4, 0), False, "requantize", [-4, 0]),
        ((-4, 2), False, "requantize", [-4, 2]),
        ((-4, 2), True, "requantize_once", [35, 29]),
    ],
)
def test_the_helper_says_how_shifts_are_counted(
    shifts: tuple[int, ...], once: bool, helper: str, counted: list[int]
) -> None:
    numbers, tables = requantization([Multiplier(value=1 << 30, shift=s) for s in shifts], rounded_once=once)
    assert numbers["requantize"] == helper
    assert tables[1].values.tolist() == counted


def test_folding_wraps_as_the_sums_of_the_reference_do() -> None:
    weights = np.full((1, 4), 127, np.int8)
    folded = fold_offset(np.array([2**31 - 1], np.int32), weights, 2)
    assert folded is not None
    assert folded.tolist() == [2**31 - 1 + 4 * 127 * 2 - 2**32]
    assert fold_offset(None, weights, 0) is None


@given(st.integers(-(2**31) + 1, 2**31 - 1), st.integers(0, 31))
def test_a_rounding_shift_goes_to_the_nearest_and_halves_away_from_zero(value: int, exponent: int) -> None:
    exact = abs(value) / 2**exponent
    assert rounding_shift_right(value, exponent) == math.copysign(math.floor(exact + 0.5), value)


@given(st.integers(-(2**26) * 31, 0))
def test_the_exponential_is_near_the_real_one(value: int) -> None:
    assert abs(exp_of_nonpositive(value, 5) / 2**31 - math.exp(value / 2**26)) < 4e-7


def test_the_exponential_of_zero_is_one_and_a_product_with_one_changes_nothing() -> None:
    assert exp_of_nonpositive(0, 5) == ONE
    assert doubling_high_multiply(-123_456, ONE) == -123_456


@pytest.mark.parametrize(
    ("axis", "padded"),
    [
        (Axis(input=5, output=3, filter=3, stride=1, dilation=1, pad=0), False),
        (Axis(input=5, output=5, filter=3, stride=1, dilation=1, pad=1), True),
        (Axis(input=4, output=2, filter=3, stride=2, dilation=1, pad=0), True),
        (Axis(input=6, output=2, filter=2, stride=3, dilation=2, pad=0), False),
    ],
)
def test_an_axis_is_padded_where_a_window_leaves_the_input(axis: Axis, padded: bool) -> None:
    assert axis.padded is padded
