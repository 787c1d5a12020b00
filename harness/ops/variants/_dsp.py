# SPDX-License-Identifier: Apache-2.0
"""What the kernels for the DSP instructions of Armv7E-M share: order of weights, requantization parameters.

SXTB16 widens bytes 0 and 2 of a word to a pair of 16-bit numbers, with its rotation by 8 bytes 1 and 3; SMLAD
multiplies two pairs and adds both products. Hence four neighbours t0..t3 of an input become (t0, t2) and (t1, t3).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.graph import Tensor
from harness.ops._quantized import INT8_MAX, INT8_MIN, Multiplier, OutputStage, Range
from harness.ops.variants._bounded import are_below

FEATURE = "dsp"
SUM_LIMIT = 1 << 30  # sums stay below it, so that no step of the requantization overflows
_ZERO = Multiplier(value=1 << 30, shift=-31)  # as good as 0 for every sum below the limit


def are_served(weights: NDArray[np.int8], bias: Tensor | None, stage: OutputStage) -> bool:
    """Tell whether the kernels' requantization holds, for weights of channels x taps.

    Sums must be small, and every multiplier below one half, or zero.
    """
    shift_right = all(m.value == 0 or m.shift < 0 for m in stage.multipliers)
    return shift_right and are_below(SUM_LIMIT, weights, bias, stage.input_zero)


def scale_words(multipliers: Sequence[Multiplier]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return ``2 * value - 2**32`` and the shift after it, less the one bit that SSAT does, for each channel.

    SMMLAR(sum, word, sum) is the high half of ``2**32 * sum + sum * word``, rounded, that is of
    ``2 * sum * value``: SaturatingRoundingDoublingHighMul of the reference. The reference then halves
    ``-1 - shift`` times and once more, the last time rounding.
    """
    nonzero = [m if m.value else _ZERO for m in multipliers]
    words = np.array([2 * m.value - (1 << 32) for m in nonzero], np.int64).astype(np.int32)
    return words, np.array([-1 - m.shift for m in nonzero], np.int32)


def channel_table(sums: NDArray[np.int32], multipliers: Sequence[Multiplier]) -> NDArray[np.int32]:
    """Return the rows sums, words and shifts, each with a number for every channel; one multiplier serves them all."""
    words, shifts = scale_words(tuple(multipliers) * (len(sums) if len(multipliers) == 1 else 1))
    return np.stack([sums, words, shifts])


def is_positive(bounds: Range, output_zero: int) -> bool:
    """Tell whether nothing below the zero point comes out: then the rounding of negative numbers does not matter.

    Halves of negative numbers are rounded away from zero; rounded up instead, they stay at or below zero.
    """
    return bounds.low >= output_zero


def is_whole(bounds: Range) -> bool:
    """Tell whether the range is all of int8, so that SSAT is the only clamp."""
    return (bounds.low, bounds.high) == (INT8_MIN, INT8_MAX)


def interleaved(weights: NDArray[np.int8], together: int) -> NDArray[np.int8]:
    """Return weights of channels x taps in the order in which a kernel reads them, 2 or 4 channels ``together``.

    Four taps at a time, (t0, t2) then (t1, t3); of each pair and each two channels a and b the word is
    ``a0 b0 a2 b2``. A rest of one tap has one pair, of two or three both. Missing channels and taps are zero.
    """
    channels, taps = weights.shape
    padded = np.zeros((-(-channels // together) * together, -(-taps // 4) * 4), np.int8)
    padded[:channels, :taps] = weights
    # channel group, channel pair, channel in pair, group of taps, half (t0 t1 | t2 t3), which of the half
    split = padded.reshape(len(padded) // together, together // 2, 2, padded.shape[1] // 4, 2, 2)
    ordered = split.transpose(0, 3, 5, 1, 4, 2)
    flat = np.ascontiguousarray(ordered).reshape(len(split), -1, 4)
    return np.ascontiguousarray(flat[:, : pairs_of(taps) * together // 2]) if together == 2 else flat


def pairs_of(taps: int) -> int:
    """Return the pairs that ``taps`` inputs take when widened."""
    return taps // 4 * 2 + min(taps % 4, 2)
