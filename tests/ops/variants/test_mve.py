# SPDX-License-Identifier: Apache-2.0
"""What the kernels for vector instructions rely on: their requantization, their order of weights, their divisions."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.ops._fixed_point import doubling_high_multiply, rounding_shift_right
from harness.ops._quantized import Multiplier
from harness.ops.variants._dsp import SUM_LIMIT
from harness.ops.variants._mve import chunked, scale_rows
from harness.ops.variants.average_pool_2d_mve import reciprocal

Wide = NDArray[np.int64]


def kernel(sums: Wide, multiplier: Multiplier, *, once: bool = False, positive: bool = False) -> Wide:
    """Do what the assembly does: VQRDMULH (or VQDMULH), VADD with VSHR 31, VRSHL."""
    (row,) = scale_rows([multiplier], 4)
    value, right = int(row[0]), -int(row[4])
    product = (2 * sums * value + (0 if once else 1 << 31)) >> 32
    assert (np.abs(product) < 1 << 31).all()
    if not (once or positive):
        product = product + (product >> 31)
    return np.asarray((product + (1 << right >> 1)) >> right, np.int64)


def reference(sums: Wide, multiplier: Multiplier) -> Wide:
    """SaturatingRoundingDoublingHighMul, then RoundingDivideByPOT, one value at a time."""
    right = -multiplier.shift
    return np.array(
        [rounding_shift_right(doubling_high_multiply(int(s), multiplier.value), right) for s in sums], np.int64
    )


def sums_near_halves(rng: np.random.Generator, multiplier: Multiplier) -> Wide:
    sizes = rng.integers(1, 31, size=200)
    anywhere = rng.integers(-SUM_LIMIT + 1, SUM_LIMIT, size=200) >> (30 - sizes)
    real = multiplier.value * 2.0 ** (multiplier.shift - 31)
    halves = np.rint((rng.integers(-300, 300, size=60) + 0.5) / real)
    halves = halves[np.abs(halves) < SUM_LIMIT - 2]
    near = (halves[:, None] + np.arange(-2, 3)[None, :]).reshape(-1)
    found = np.concatenate([anywhere, near, [-SUM_LIMIT + 1, SUM_LIMIT - 1, 0, 1, -1]]).astype(np.int64)
    return found[np.abs(found) < SUM_LIMIT]


@pytest.mark.parametrize("shift", range(-31, 0))
def test_requantization_equals_the_reference_at_every_shift(shift: int) -> None:
    rng = np.random.default_rng(shift + 200)
    for value in (1 << 30, (1 << 30) + 1, 3 << 29, (1 << 31) - 1, *rng.integers(1 << 30, 1 << 31, size=2).tolist()):
        multiplier = Multiplier(value=value, shift=shift)
        sums = sums_near_halves(rng, multiplier)
        wanted = reference(sums, multiplier)
        assert (kernel(sums, multiplier) == wanted).all()
        assert (np.maximum(kernel(sums, multiplier, positive=True), 0) == np.maximum(wanted, 0)).all()
        total = 31 - shift
        once = np.array([(int(s) * value + (1 << (total - 1))) >> total for s in sums], np.int64)
        assert (kernel(sums, multiplier, once=True) == once).all()


def test_halves_of_negative_sums_are_rounded_away_from_zero() -> None:
    half = Multiplier(value=1 << 30, shift=-1)  # a quarter
    assert kernel(np.array([-6, -2, 2, 6], np.int64), half).tolist() == [-2, -1, 1, 2]


def test_a_multiplier_of_zero_gives_zero() -> None:
    sums = np.array([-SUM_LIMIT + 1, -1, 0, SUM_LIMIT - 1], np.int64)
    assert (kernel(sums, Multiplier(value=0, shift=-40)) == 0).all()


def test_weights_lie_in_chunks_of_16_taps_of_channels_that_are_computed_together() -> None:
    found = chunked(np.arange(3 * 18, dtype=np.int8).reshape(3, 18), 2)
    assert found.shape == (2, 2, 2, 16)  # groups, chunks, channels of a group, taps of a chunk
    assert found[0, 0, 1].tolist() == list(range(18, 34))
    assert found[1, 1].tolist() == [[52, 53, *[0] * 14], [0] * 16]


def test_division_by_every_number_of_taps_is_exact_for_every_sum_of_them() -> None:
    for taps in range(2, 257):
        factor, right = reciprocal(taps)
        sums = np.arange(128 * taps + taps // 2 + 1, dtype=np.int64)
        assert factor < 1 << 16
        assert ((sums * factor >> 16 >> right) == sums // taps).all()
