# SPDX-License-Identifier: Apache-2.0
"""FULLY_CONNECTED by SMLAD: four outputs at once. Each weight is read once a row, each input once for four outputs.

Inputs are widened as they are read: a widened row would cost twice its bytes, and saves an eighth of the time."""

from __future__ import annotations

from harness.ops._base import Layer, Lowered, Variant
from harness.ops.fully_connected import Parameters, macs
from harness.ops.variants._dsp import FEATURE, are_served
from harness.ops.variants._dsp_rows import lower_rows
from harness.ops.variants._vectors import is_dense, matrix_of


def accepts(layer: Layer, features: frozenset[str]) -> bool:
    """Accept dense int8 whose sums are far from 32 bits."""
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    return FEATURE in features and is_dense(layer) and are_served(matrix_of(layer), layer.inputs[2], parameters)


def lower(layer: Layer) -> Lowered:
    """Lower to one call a row."""
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    return lower_rows(matrix_of(layer), layer.inputs[2], parameters, rows=parameters.rows, kernel="dsp_vector")


VARIANTS = (
    Variant(
        name="dsp",
        operator="FULLY_CONNECTED",
        accepts=accepts,
        lower=lower,
        cost=lambda layer: 1.2 * macs(layer) + 12.0 * layer.outputs[0].elements + 60.0,
    ),
)
