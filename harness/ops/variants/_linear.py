# SPDX-License-Identifier: Apache-2.0
"""Weighted sums of two int8 numbers with one rounding, equal to the reference's three on every pair of inputs.

The reference scales each operand with a rounding, adds, scales and rounds again; its sums are so fine that
``(c + a * x + b * y) >> shift`` almost always gives the same output. Whether it does is found out by trying all 65,536
pairs; for given factors, all constants c that do are an interval.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from harness.ops import add, sub
from harness.ops._base import Layer, Lowered, Number

Wide = NDArray[np.int64]

_OPERATORS: Mapping[str, ModuleType] = {"ADD": add, "SUB": sub}
OPERATORS = tuple(_OPERATORS)

_X = np.arange(-128, 128, dtype=np.int64)
_NUDGES = (0, 1, -1, 2, -2, 3, -3)  # of the factors, nearest first
_MOST_SHIFT = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear:
    """``(constant + ((first * x) >> drop) + ((second * y) >> drop)) >> shift``, all of it in 32 bits, then clamped."""

    first: int
    second: int
    constant: int
    shift: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """ADD or SUB of int8 as the reference defines it; ``sign`` is that of the second operand."""

    sign: int
    left_shift: int
    offsets: tuple[int, int]
    multipliers: tuple[tuple[int, int], tuple[int, int], tuple[int, int]]  # value and shift: operands, output
    output_zero: int
    low: int
    high: int


def generic(layer: Layer) -> Lowered:
    """Return a layer as the operator's generic kernel has it."""
    for variant in _OPERATORS[layer.node.op].VARIANTS:
        if variant.name == "generic":
            lowered = variant.lower(layer)
            assert isinstance(lowered, Lowered)
            return lowered
    raise LookupError(layer.node.op)


def linear_of(layer: Layer, drop: int) -> Linear | None:
    """Return the weighted sum that equals a layer, or None."""
    return fit_linear(sum_of(layer, generic(layer).numbers), drop)


def sum_of(layer: Layer, numbers: Mapping[str, Number]) -> Sum:
    """Read a layer from the numbers of its generic kernel."""
    n = {name: int(value) for name, value in numbers.items() if isinstance(value, int)}
    return Sum(
        sign=-1 if layer.node.op == "SUB" else 1,
        left_shift=n["left_shift"],
        offsets=(n["first_offset"], n["second_offset"]),
        multipliers=(
            (n["first_multiplier"], n["first_shift"]),
            (n["second_multiplier"], n["second_shift"]),
            (n["output_multiplier"], n["output_shift"]),
        ),
        output_zero=n["output_zero"],
        low=n["low"],
        high=n["high"],
    )


def table_of(wanted: Sum) -> Wide:
    """Return the reference's output for all pairs of inputs, -128 first."""
    first, second = (
        _requantize((_X + offset) << wanted.left_shift, multiplier)
        for offset, multiplier in zip(wanted.offsets, wanted.multipliers[:2], strict=True)
    )
    sums = first[:, None] + wanted.sign * second[None, :]
    return np.clip(_requantize(sums, wanted.multipliers[2]) + wanted.output_zero, wanted.low, wanted.high)


@cache
def fit_linear(wanted: Sum, drop: int) -> Linear | None:
    """Return factors, constant and shift that give the reference's output for every pair, or None.

    ``drop`` bits of each product are cut off before they are added: factors have as many more.
    """
    table = table_of(wanted)
    steps = [_real(m) * _real(wanted.multipliers[2]) * 2.0**wanted.left_shift for m in wanted.multipliers[:2]]
    slopes = (steps[0], wanted.sign * steps[1])
    reach = sum(128 * abs(s) for s in slopes)
    middle = wanted.output_zero + sum(s * o for s, o in zip(slopes, wanted.offsets, strict=True))
    shift = min(_MOST_SHIFT, 30 - int(np.ceil(np.log2(reach + abs(middle) + 2))))
    if shift < 1 or any(abs(s) * 2.0 ** (shift + drop) >= 2**31 - 8 for s in slopes):
        return None
    exact = [round(s * 2.0 ** (shift + drop)) for s in slopes]
    for nudge in sorted(((a, b) for a in _NUDGES for b in _NUDGES), key=lambda pair: abs(pair[0]) + abs(pair[1])):
        first, second = exact[0] + nudge[0], exact[1] + nudge[1]
        sums = ((first * _X) >> drop)[:, None] + ((second * _X) >> drop)[None, :]
        at_least = ((table << shift) - sums)[table > wanted.low]
        below = (((table + 1) << shift) - sums)[table < wanted.high]
        least = int(at_least.max()) if at_least.size else -(1 << 30)
        most = int(below.min()) - 1 if below.size else 1 << 30
        if least <= most:
            constant = (least + most) // 2
            if int(np.abs(sums).max()) + abs(constant) < 1 << 31:
                return Linear(first=first, second=second, constant=constant, shift=shift)
    return None


def _real(multiplier: tuple[int, int]) -> float:
    value, shift = multiplier
    return float(value) * 2.0 ** (shift - 31)


def _requantize(values: Wide, multiplier: tuple[int, int]) -> Wide:
    """Scale with the reference's two roundings; shifts are to the right."""
    value, shift = multiplier
    product = (values * value + (1 << 30)) >> 31
    if shift == 0:
        return product
    return np.asarray((product + (1 << (-shift - 1)) - (product < 0)) >> -shift, np.int64)
