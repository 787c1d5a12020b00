# SPDX-License-Identifier: Apache-2.0
"""FULLY_CONNECTED in portable C: eight outputs at once, so that each input is read once for all of them."""

from __future__ import annotations

import numpy as np

from harness.ops._base import Layer, Variant
from harness.ops.variants._vectors import Bytes, is_dense, lower_vectors, products

_OUTPUTS = 8


def cost(layer: Layer) -> float:
    """Count products, loads, and what an output and a call take."""
    return 3.2 * products(layer, _OUTPUTS, alone=2.2) + 20.0 * layer.outputs[0].elements + 60.0


def _by_eights(matrix: Bytes) -> Bytes:
    """Return weights tap by tap for each eight outputs, then those of each output that is left."""
    whole = len(matrix) // _OUTPUTS * _OUTPUTS
    eights = matrix[:whole].reshape(-1, _OUTPUTS, matrix.shape[1]).transpose(0, 2, 1)
    return np.concatenate([eights.reshape(-1), matrix[whole:].reshape(-1)])


VARIANTS = (
    Variant(
        name="blocked",
        operator="FULLY_CONNECTED",
        accepts=lambda layer, _features: is_dense(layer),
        lower=lambda layer: lower_vectors(layer, sums="vector_of_eight", order=_by_eights),
        cost=cost,
    ),
)
