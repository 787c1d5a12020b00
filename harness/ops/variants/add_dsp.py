# SPDX-License-Identifier: Apache-2.0
"""ADD and SUB of int8 by SMLAWB and SMLAWT, four outputs at once: products of 32 by 16 bits, of which 32 are kept.

Bytes need not be extracted: a byte in the upper half of 16 bits is 256 times the number, and a mask has two of them.
"""

from __future__ import annotations

import dataclasses

from harness.ops._base import Layer, Lowered, Number, Variant
from harness.ops._broadcast import Loop, in_place
from harness.ops._quantized import INT8_MAX, INT8_MIN
from harness.ops.variants._dsp import FEATURE
from harness.ops.variants._linear import OPERATORS, generic, linear_of

_DROPPED = 8  # bits of a product: 256 * x * factor / 2**16


def accepts(layer: Layer, features: frozenset[str]) -> bool:
    """Accept int8 without broadcasting; one operand may be constant."""
    if FEATURE not in features or layer.signature != "s8s8":
        return False
    loops: tuple[Loop, ...] = getattr(layer.parameters, "loops", ())
    return len(loops) == 1 and loops[0].strides == (1, 1) and linear_of(layer, _DROPPED) is not None


def lower(layer: Layer) -> Lowered:
    """Lower to one loop over words."""
    linear, lowered = linear_of(layer, _DROPPED), generic(layer)
    assert linear is not None
    numbers: dict[str, Number] = {
        **lowered.numbers,
        **dataclasses.asdict(linear),
        "elements": layer.outputs[0].elements,
        "whole": (lowered.numbers["low"], lowered.numbers["high"]) == (INT8_MIN, INT8_MAX),
    }
    return dataclasses.replace(lowered, template="ops/add/dsp.c.j2", numbers=numbers, helpers=("dsp", "dsp_add"))


VARIANTS = tuple(
    Variant(
        name="dsp",
        operator=operator,
        accepts=accepts,
        lower=lower,
        cost=lambda layer: 6.5 * layer.outputs[0].elements + 20.0,
        in_place=in_place,
    )
    for operator in OPERATORS
)
