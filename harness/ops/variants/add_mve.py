# SPDX-License-Identifier: Apache-2.0
"""ADD of two tensors of one shape, four elements at once."""

from __future__ import annotations

import dataclasses

from harness.ops._base import Layer, Lowered, Number, Variant
from harness.ops._binary import Parameters
from harness.ops._broadcast import in_place
from harness.ops._fixed_point import doubling_high_multiply, rounding_shift_right
from harness.ops._quantized import INT8_MAX, INT8_MIN, Range
from harness.ops.variants._dsp import is_positive
from harness.ops.variants._linear import generic, sum_of
from harness.ops.variants._mve import FEATURE


def accepts(layer: Layer, features: frozenset[str]) -> bool:
    """Accept int8 without broadcasting; one operand may be constant."""
    if FEATURE not in features or layer.signature != "s8s8":
        return False
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    return len(parameters.loops) == 1 and parameters.loops[0].strides == (1, 1)


def lower(layer: Layer) -> Lowered:
    """Lower to one loop over vectors of four elements."""
    lowered = generic(layer)
    wanted = sum_of(layer, lowered.numbers)
    first, second = (
        _is_signed(offset, wanted.left_shift, *multiplier)
        for offset, multiplier in zip(wanted.offsets, wanted.multipliers[:2], strict=True)
    )
    numbers: dict[str, Number] = dict(lowered.numbers) | {
        "elements": layer.outputs[0].elements,
        "first_signed": first,
        "second_signed": second,
        "output_signed": not is_positive(Range(low=wanted.low, high=wanted.high), wanted.output_zero),
    }
    return dataclasses.replace(lowered, template="ops/add/mve.c.j2", numbers=numbers, helpers=("mve", "mve_scale"))


def _is_signed(offset: int, left_shift: int, multiplier: int, shift: int) -> bool:
    """Tell whether any of the 256 values of an operand is rounded otherwise where negative halves are rounded up."""
    right = -shift
    if right == 0:
        return False
    products = (
        doubling_high_multiply((value + offset) << left_shift, multiplier) for value in range(INT8_MIN, INT8_MAX + 1)
    )
    return any(rounding_shift_right(p, right) != (p + (1 << (right - 1))) >> right for p in products)


VARIANTS = (
    Variant(
        name="mve",
        operator="ADD",
        accepts=accepts,
        lower=lower,
        cost=lambda layer: 6.0 * layer.outputs[0].elements + 20.0,
        in_place=in_place,
    ),
)
