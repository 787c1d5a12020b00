# SPDX-License-Identifier: Apache-2.0
"""MEAN over all but the last dimension (and perhaps the first), four channels at once, their sums in 32 bits."""

from __future__ import annotations

import dataclasses

from harness.ops import mean
from harness.ops._base import Layer, Lowered, Number, Variant
from harness.ops.variants._mve import FEATURE


def accepts(layer: Layer, features: frozenset[str]) -> bool:
    """Accept int8 whose neighbouring elements are kept, and whose scale is below one."""
    if FEATURE not in features or layer.signature != "s8s8":
        return False
    parameters = layer.parameters
    assert isinstance(parameters, mean.Parameters)
    assert parameters.multiplier is not None
    kept = parameters.reduction.kept
    return bool(kept) and kept[-1][1] == 1 and parameters.multiplier.shift <= 0


def lower(layer: Layer) -> Lowered:
    """Lower to loops over vectors of four channels."""
    parameters, generic = layer.parameters, mean.lower(layer)
    assert isinstance(parameters, mean.Parameters)
    assert parameters.multiplier is not None
    numbers: dict[str, Number] = dict(generic.numbers) | {
        "multiplier": parameters.multiplier.value,
        "right": -parameters.multiplier.shift,
    }
    return dataclasses.replace(generic, template="ops/mean/mve.c.j2", numbers=numbers, helpers=("mve", "mve_scale"))


def cost(layer: Layer) -> float:
    """Return the instructions of the sums."""
    source = layer.inputs[0]
    assert source is not None
    return 1.5 * source.elements + 4.0 * layer.outputs[0].elements + 20.0


VARIANTS = (Variant(name="mve", operator="MEAN", accepts=accepts, lower=lower, cost=cost),)
