# SPDX-License-Identifier: Apache-2.0
"""ADD and SUB of int8 in portable C: two products and one shift, where that equals the reference for every pair."""

from __future__ import annotations

import dataclasses

from harness.ops._base import Layer, Lowered, Variant
from harness.ops._broadcast import in_place
from harness.ops.variants._linear import OPERATORS, generic, linear_of


def accepts(layer: Layer, _features: frozenset[str]) -> bool:
    """Accept int8, broadcast or not."""
    return layer.signature == "s8s8" and linear_of(layer, 0) is not None


def lower(layer: Layer) -> Lowered:
    """Lower to the generic kernel's loops with another sum."""
    linear, lowered = linear_of(layer, 0), generic(layer)
    assert linear is not None
    numbers = {**lowered.numbers, **dataclasses.asdict(linear)}
    return dataclasses.replace(lowered, template="ops/add/linear.c.j2", numbers=numbers, helpers=("requantize",))


VARIANTS = tuple(
    Variant(
        name="linear",
        operator=operator,
        accepts=accepts,
        lower=lower,
        cost=lambda layer: 14.0 * layer.outputs[0].elements,
        in_place=in_place,
    )
    for operator in OPERATORS
)
