# SPDX-License-Identifier: Apache-2.0
"""MAX_POOL_2D by vectors of 16 channels."""

from __future__ import annotations

import dataclasses

from harness.ops._base import Layer, Lowered, Variant
from harness.ops._pool_2d import lower_pool, pool_distance, window_elements
from harness.ops.variants._mve import FEATURE


def lower(layer: Layer) -> Lowered:
    """Lower to a loop over windows and vectors of channels."""
    pooled = lower_pool(layer, "ops/max_pool_2d/mve.c.j2")
    return dataclasses.replace(pooled, helpers=("mve", *(name for name in pooled.helpers if name == "window")))


VARIANTS = (
    Variant(
        name="mve",
        operator="MAX_POOL_2D",
        accepts=lambda layer, features: FEATURE in features and layer.signature == "s8s8",
        lower=lower,
        cost=lambda layer: 0.5 * window_elements(layer) + 2.0 * layer.outputs[0].elements + 50.0,
        overlap=pool_distance,
    ),
)
