# SPDX-License-Identifier: Apache-2.0
"""Requantization in portable C for sums that are known to be small: one high half of a product and one shift.

With |sum| < 2**29, h = floor(4 * sum * value / 2**32) holds all that matters: the reference's first rounding is
(h + 1) >> 1, and what its second one adds is a multiple of what h counts. Hence both are one sum and one shift, and the
zero point goes with them (``scale_up`` and ``scale_away`` of the helper ``requantize``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.graph import Tensor
from harness.ops._base import Constant, Number
from harness.ops._quantized import Multiplier, OutputStage, Range, fold_offset

SUM_LIMIT = 1 << 29
MOST_SHIFT = 21  # zero point and rounding stay below 2**30
_ZERO = Multiplier(value=0, shift=-1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """How sums become outputs: ``kind`` is the C function, tables have one element where all channels agree."""

    kind: str  # scale_up, scale_away, or requantize where sums may be large or shifts go to the left
    rest: int  # what the rounding of kind has besides one half
    multipliers: NDArray[np.int32]
    shifts: NDArray[np.int8]

    @property
    def step(self) -> int:
        """From one channel to the next in both tables."""
        return min(1, len(self.shifts) - 1)

    def numbers(self) -> dict[str, Number]:
        """Return what templates need besides the tables."""
        numbers: dict[str, Number] = {
            "scale": self.kind,
            "rest": self.rest,
            "per_channel": bool(self.step),
            "scale_step": self.step,
        }
        if not self.step:
            numbers |= {"multiplier": int(self.multipliers[0]), "shift": int(self.shifts[0])}
        return numbers

    def tables(self) -> tuple[Constant, ...]:
        """Return both tables as constants."""
        return (
            Constant(name="multipliers", values=self.multipliers, role="requantization"),
            Constant(name="shifts", values=self.shifts, role="requantization"),
        )


def folded_sums(weights: NDArray[np.int8], bias: Tensor | None, input_zero: int) -> NDArray[np.int32]:
    """Return the bias of channels x taps with the input's offset folded in; all taps are multiplied."""
    values = None if bias is None or bias.data is None else bias.data.astype(np.int32)
    folded = fold_offset(values, weights, -input_zero)
    return np.zeros(len(weights), np.int32) if folded is None else folded


def are_below(limit: int, weights: NDArray[np.int8], bias: Tensor | None, input_zero: int) -> bool:
    """Tell whether every partial sum of every channel stays below ``limit`` whatever the inputs are."""
    wide = weights.astype(np.int64)
    exact = -input_zero * wide.sum(axis=1)
    if bias is not None and bias.data is not None:
        exact = exact + bias.data.astype(np.int64)
    return bool((np.abs(exact) + 128 * np.abs(wide).sum(axis=1) < limit).all())


def scaling_of(weights: NDArray[np.int8], bias: Tensor | None, stage: OutputStage, *, once: bool = False) -> Scaling:
    """Choose the cheapest exact way for weights of channels x taps."""
    small = are_below(SUM_LIMIT, weights, bias, stage.input_zero)
    return scaling(stage.multipliers, stage.range, stage.output_zero, small=small, once=once)


def scaling(
    multipliers: Sequence[Multiplier], bounds: Range, output_zero: int, *, small: bool, once: bool = False
) -> Scaling:
    """Choose the cheapest exact way; ``small``: sums are below the limit, ``once``: the reference rounds once.

    Where nothing below the zero point comes out, it does not matter how halves of negative numbers are rounded.
    """
    agree = len(set(multipliers)) == 1
    chosen = multipliers[:1] if agree else multipliers
    if is_served(chosen, small=small):
        nonzero = [m if m.value else _ZERO for m in chosen]
        kind = "scale_up" if once or bounds.low >= output_zero else "scale_away"
        return Scaling(
            kind=kind,
            rest=0 if once else 1,
            multipliers=np.array([m.value for m in nonzero], np.int32),
            shifts=np.array([1 - m.shift for m in nonzero], np.int8),
        )
    return Scaling(
        kind="requantize_once" if once else "requantize",
        rest=0,
        multipliers=np.array([m.value for m in chosen], np.int32),
        shifts=np.array([31 - m.shift if once else m.shift for m in chosen], np.int8),
    )


def is_served(multipliers: Sequence[Multiplier], *, small: bool) -> bool:
    """Tell whether the short way holds: sums are small, every multiplier is zero or shifts right, not too far."""
    return small and all(m.value == 0 or -MOST_SHIFT <= m.shift < 0 for m in multipliers)
