# SPDX-License-Identifier: Apache-2.0
"""FULLY_CONNECTED on cores with eight low registers: four outputs at once, their sums in the high registers."""

from __future__ import annotations

from harness.ops._base import Layer, Variant
from harness.ops.variants._vectors import is_dense, lower_vectors, products

_FEATURE = "thumb1"
_OUTPUTS = 4


def cost(layer: Layer) -> float:
    """Stay below the portable kernels, which take twice as long here as where registers are plenty."""
    return 1.8 * products(layer, _OUTPUTS, alone=2.2) + 20.0 * layer.outputs[0].elements


VARIANTS = (
    Variant(
        name="four",
        operator="FULLY_CONNECTED",
        accepts=lambda layer, features: _FEATURE in features and is_dense(layer),
        lower=lambda layer: lower_vectors(layer, sums="vector_of_four", order=lambda matrix: matrix),
        cost=cost,
    ),
)
