# SPDX-License-Identifier: Apache-2.0
"""What the DSP kernels compute, step by step, against the definition of requantization; orders of weights."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.ops._fixed_point import doubling_high_multiply, rounding_shift_right
from harness.ops._quantized import Multiplier, OutputStage, Range
from harness.ops.variants._dsp import (
    SUM_LIMIT,
    are_served,
    interleaved,
    is_positive,
    is_whole,
    pairs_of,
    scale_words,
)

Wide = NDArray[np.int64]


def wrapped(values: Wide) -> Wide:
    """Return values as 32-bit registers hold them."""
    return values.astype(np.int32).astype(np.int64)


def kernel(sums: Wide, multiplier: Multiplier, zero: int, *, once: bool = False, positive: bool = False) -> Wide:
    """Do what the assembly does: SMMLAR (or SMMLA), ADD with ASR 31, ASR, ADD, SSAT with ASR 1."""
    words, shifts = scale_words([multiplier])
    product = (sums << 32) + sums * int(words[0])
    assert (np.abs(product.astype(np.float64)) < 2.0**63).all()
    value = wrapped((product + (0 if once else 1 << 31)) >> 32)
    if not (once or positive):
        value = wrapped(value + (value >> 31))
    value = wrapped((value >> int(shifts[0])) + 2 * zero + 1)
    return np.asarray(np.clip(value >> 1, -128, 127), np.int64)


def reference(sums: Wide, multiplier: Multiplier, zero: int, low: int = -128) -> Wide:
    """SaturatingRoundingDoublingHighMul, then RoundingDivideByPOT, one value at a time."""
    found = [
        rounding_shift_right(doubling_high_multiply(value, multiplier.value), -multiplier.shift)
        for value in sums.tolist()
    ]
    return np.clip(np.array(found, np.int64) + zero, low, 127)


def reference_once(sums: Wide, multiplier: Multiplier, zero: int) -> Wide:
    """``MultiplyByQuantizedMultiplier`` in 64 bits, halves up."""
    total = 31 - multiplier.shift
    found = [(value * multiplier.value + (1 << (total - 1))) >> total for value in sums.tolist()]
    return np.clip(np.array(found, np.int64) + zero, -128, 127)


def sums_near_halves(rng: np.random.Generator, multiplier: Multiplier) -> Wide:
    """Return sums of all sizes, both ends, and those whose outputs lie next to a half."""
    sizes = rng.integers(1, 31, size=400)
    anywhere = rng.integers(-(1 << 30) + 1, 1 << 30, size=400) >> (30 - sizes)
    real = multiplier.value * 2.0 ** (multiplier.shift - 31)
    halves = np.rint((rng.integers(-300, 300, size=100) + 0.5) / real)
    halves = halves[np.abs(halves) < SUM_LIMIT - 2]
    near = (halves[:, None] + np.arange(-2, 3)[None, :]).reshape(-1).astype(np.int64)
    ends = np.array([-SUM_LIMIT + 1, SUM_LIMIT - 1, 0, 1, -1])
    found = np.concatenate([anywhere, near, ends]).astype(np.int64)
    return found[np.abs(found) < SUM_LIMIT]


VALUES = (1 << 30, (1 << 30) + 1, 3 << 29, (1 << 31) - 1, 1_518_500_250)


@pytest.mark.parametrize("shift", range(-31, 0))
def test_requantization_equals_the_reference_at_every_shift(shift: int) -> None:
    rng = np.random.default_rng(shift + 100)
    for value in (*VALUES, *rng.integers(1 << 30, 1 << 31, size=3).tolist()):
        multiplier = Multiplier(value=value, shift=shift)
        sums = sums_near_halves(rng, multiplier)
        for zero in (-128, -3, 0, 127):
            assert (kernel(sums, multiplier, zero) == reference(sums, multiplier, zero)).all()
            assert (kernel(sums, multiplier, zero, once=True) == reference_once(sums, multiplier, zero)).all()
            positive = np.maximum(kernel(sums, multiplier, zero, positive=True), zero)
            assert (positive == reference(sums, multiplier, zero, low=zero)).all()


def test_every_sum_of_17_bits_is_requantized_as_by_the_reference() -> None:
    sums = np.arange(-(1 << 16), 1 << 16, dtype=np.int64)
    for multiplier in (Multiplier(value=1 << 30, shift=-8), Multiplier(value=1_732_050_807, shift=-9)):
        assert (kernel(sums, multiplier, 5) == reference(sums, multiplier, 5)).all()


def test_a_multiplier_of_zero_gives_the_zero_point() -> None:
    sums = np.array([-SUM_LIMIT + 1, -1, 0, 1, SUM_LIMIT - 1], np.int64)
    for zero in (-128, 0, 127):
        for once in (False, True):
            assert (kernel(sums, Multiplier(value=0, shift=0), zero, once=once) == zero).all()


def test_multipliers_of_one_half_and_more_and_large_sums_are_not_served() -> None:
    def are_served_with(*multipliers: Multiplier, taps: int = 3) -> bool:
        stage = OutputStage(range=Range(low=-128, high=127), multipliers=multipliers)
        return are_served(np.full((1, taps), 127, np.int8), None, stage)

    small = Multiplier(value=1 << 30, shift=-1)
    assert are_served_with(small, Multiplier(value=0, shift=0))
    assert not are_served_with(small, Multiplier(value=1 << 30, shift=0))
    assert not are_served_with(small, taps=70_000)


def test_weights_are_stored_in_the_order_in_which_bytes_become_pairs() -> None:
    two = interleaved(np.array([[0, 1, 2, 3, 4], [10, 11, 12, 13, 14]], np.int8), 2)
    assert two.tolist() == [[[0, 10, 2, 12], [1, 11, 3, 13], [4, 14, 0, 0]]]
    four = interleaved(np.array([[0, 1, 2, 3], [10, 11, 12, 13], [20, 21, 22, 23]], np.int8), 4)
    assert four.tolist() == [[[0, 10, 2, 12], [20, 0, 22, 0], [1, 11, 3, 13], [21, 0, 23, 0]]]
    assert [pairs_of(taps) for taps in range(1, 9)] == [1, 2, 2, 2, 3, 4, 4, 4]


def test_a_range_from_the_zero_point_is_positive_and_int8_is_whole() -> None:
    assert is_positive(Range(low=-128, high=127), -128)
    assert not is_positive(Range(low=-128, high=127), -127)
    assert is_whole(Range(low=-128, high=127))
    assert not is_whole(Range(low=-127, high=127))
