# SPDX-License-Identifier: Apache-2.0
"""FULLY_CONNECTED in portable C: eight outputs at once, so that each input is read once for all of them.

Where loads of bytes do not extend signs: four at once, by weights to which 128 was added.
"""

from __future__ import annotations

from functools import partial

from harness.ops._base import Layer, Variant
from harness.ops.fully_connected import Parameters
from harness.ops.variants._vectors import (
    OFFSET_OUTPUTS,
    UNSIGNED_BYTES,
    allows_offset,
    by_blocks,
    is_dense,
    lower_vectors,
    matrix_of,
    products,
    with_offset,
)

_OUTPUTS = 8


def cost(layer: Layer) -> float:
    """Count products, loads, and what an output and a call take."""
    return 3.2 * products(layer, _OUTPUTS, alone=2.2) + 20.0 * layer.outputs[0].elements + 60.0


def accepts_offset(layer: Layer, features: frozenset[str]) -> bool:
    """Accept dense int8 where loads of bytes do not extend signs, and the sums of such weights do not overflow."""
    if UNSIGNED_BYTES not in features or not is_dense(layer):
        return False
    assert isinstance(layer.parameters, Parameters)
    return allows_offset(matrix_of(layer), layer.inputs[2], layer.parameters.input_zero)


def cost_offset(layer: Layer) -> float:
    """Stay below the other portable kernels, which take twice as long here as where bytes come with their sign."""
    return 1.9 * products(layer, OFFSET_OUTPUTS, alone=2.2) + 20.0 * layer.outputs[0].elements


VARIANTS = (
    Variant(
        name="blocked",
        operator="FULLY_CONNECTED",
        accepts=lambda layer, _features: is_dense(layer),
        lower=lambda layer: lower_vectors(layer, sums="vector_of_eight", order=partial(by_blocks, together=_OUTPUTS)),
        cost=cost,
    ),
    Variant(
        name="offset",
        operator="FULLY_CONNECTED",
        accepts=accepts_offset,
        lower=lambda layer: lower_vectors(layer, sums="vector_with_offset", order=with_offset),
        cost=cost_offset,
    ),
)
