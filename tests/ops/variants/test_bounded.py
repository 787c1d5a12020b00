# SPDX-License-Identifier: Apache-2.0
"""The short requantization of portable kernels against its definition, at every shift, at halves and at the ends."""

from __future__ import annotations

import numpy as np
import pytest

from harness.ops._quantized import Multiplier, Range
from harness.ops.variants._bounded import MOST_SHIFT, SUM_LIMIT, Scaling, are_below, folded_sums, is_served, scaling
from tests.ops.variants.test_dsp import VALUES, Wide, reference, reference_once, sums_near_halves, wrapped

INT8 = Range(low=-128, high=127)
RELU = {zero: Range(low=zero, high=127) for zero in (-128, -3, 0, 127)}


def kernel(sums: Wide, scales: Scaling, zero: int) -> Wide:
    """Do what ``scale_up`` and ``scale_away`` of the C helper do."""
    high = (4 * sums * int(scales.multipliers[0])) >> 32
    shift = int(scales.shifts[0])
    if scales.kind == "scale_away":
        high = high + ((high + 1) >> 31) * 2
    total = high + (2 * zero + 1) * (1 << (shift - 1)) + scales.rest
    assert (wrapped(total) == total).all()
    return np.asarray(np.clip(total >> shift, -128, 127), np.int64)


@pytest.mark.parametrize("shift", [-MOST_SHIFT, -20, -14, -9, -8, -5, -2, -1])
def test_it_equals_the_reference_at_every_shift(shift: int) -> None:
    rng = np.random.default_rng(shift + 200)
    for value in (*VALUES, *rng.integers(1 << 30, 1 << 31, size=3).tolist()):
        multiplier = Multiplier(value=value, shift=shift)
        sums = sums_near_halves(rng, multiplier)
        sums = sums[np.abs(sums) < SUM_LIMIT]
        for zero, relu in RELU.items():
            any_sign = scaling([multiplier], INT8, zero, small=True)
            assert (kernel(sums, any_sign, zero) == reference(sums, multiplier, zero)).all()
            positive = scaling([multiplier], relu, zero, small=True)
            assert positive.kind == "scale_up"
            assert (np.maximum(kernel(sums, positive, zero), zero) == reference(sums, multiplier, zero, low=zero)).all()
            once = scaling([multiplier], INT8, zero, small=True, once=True)
            assert (kernel(sums, once, zero) == reference_once(sums, multiplier, zero)).all()


def test_a_multiplier_of_zero_gives_the_zero_point() -> None:
    sums = np.array([-SUM_LIMIT + 1, -1, 0, 1, SUM_LIMIT - 1], np.int64)
    for zero in (-128, 0, 127):
        assert (kernel(sums, scaling([Multiplier(value=0, shift=0)], INT8, zero, small=True), zero) == zero).all()


def test_large_sums_and_shifts_to_the_left_or_far_to_the_right_are_scaled_the_long_way() -> None:
    near = Multiplier(value=1 << 30, shift=-1)
    assert is_served([near, Multiplier(value=0, shift=0)], small=True)
    assert not is_served([near], small=False)
    assert not is_served([near, Multiplier(value=1 << 30, shift=0)], small=True)
    assert not is_served([near, Multiplier(value=1 << 30, shift=-MOST_SHIFT - 1)], small=True)
    assert scaling([near], INT8, 0, small=False).kind == "requantize"
    assert scaling([near], INT8, 0, small=False, once=True).kind == "requantize_once"


def test_sums_hold_the_offset_of_all_taps() -> None:
    assert folded_sums(np.array([[1, -2, 3], [0, 0, 0]], np.int8), None, 10).tolist() == [-20, 0]


def test_the_largest_sum_counts_the_bias_the_offset_and_all_taps() -> None:
    weights = np.array([[1, -2, 3], [0, 0, 0]], np.int8)
    assert are_below(20 + 128 * 6 + 1, weights, None, 10)
    assert not are_below(20 + 128 * 6, weights, None, 10)
