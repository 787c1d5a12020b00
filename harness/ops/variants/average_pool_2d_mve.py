# SPDX-License-Identifier: Apache-2.0
"""AVERAGE_POOL_2D by vectors of eight channels, their sums in 16 bits; the division is a product."""

from __future__ import annotations

import dataclasses

from harness.ops._base import Layer, Lowered, Number, Variant
from harness.ops._pool_2d import Parameters, lower_pool, pool_distance, window_elements
from harness.ops.variants._mve import FEATURE

_CHANNELS = 8
_MOST_TAPS = 256  # their sum is 16 bits


def accepts(layer: Layer, features: frozenset[str]) -> bool:
    """Accept int8 whose windows all lie inside the input, and whose sums are no more than 16 bits."""
    if FEATURE not in features or layer.signature != "s8s8":
        return False
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    window = parameters.window
    taps = window.height.filter * window.width.filter
    return not window.padded and 2 <= taps <= _MOST_TAPS


def lower(layer: Layer) -> Lowered:
    """Lower to a loop over windows and vectors of channels."""
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    taps = parameters.window.height.filter * parameters.window.width.filter
    factor, right = reciprocal(taps)
    pooled = lower_pool(layer, "ops/average_pool_2d/mve.c.j2")
    numbers: dict[str, Number] = dict(pooled.numbers) | {"taps": taps, "reciprocal": factor, "right": right}
    return dataclasses.replace(pooled, numbers=numbers, helpers=("mve",))


def reciprocal(taps: int) -> tuple[int, int]:
    """Return m, of 16 bits, and s: ``n * m >> (16 + s)`` is ``n // taps`` for n up to ``128 * taps + taps // 2``."""
    right = (taps - 1).bit_length() - 1
    return -(-(1 << (16 + right)) // taps), right


VARIANTS = (
    Variant(
        name="mve",
        operator="AVERAGE_POOL_2D",
        accepts=accepts,
        lower=lower,
        cost=lambda layer: 0.6 * window_elements(layer) + 3.0 * layer.outputs[0].elements + 50.0,
        overlap=pool_distance,
    ),
)
