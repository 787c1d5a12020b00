# SPDX-License-Identifier: Apache-2.0
"""FULLY_CONNECTED by VMLADAVA: eight outputs at once, each input read once for all of them."""

from __future__ import annotations

import numpy as np

from harness.ops._base import Constant, Layer, Lowered, Number, Variant
from harness.ops.fully_connected import Parameters
from harness.ops.variants._bounded import folded_sums
from harness.ops.variants._dsp import are_served
from harness.ops.variants._mve import FEATURE, LANES, WORDS, chunked, round_up, scale_rows, unrolled
from harness.ops.variants._vectors import is_dense, matrix_of

_OUTPUTS = 8


def accepts(layer: Layer, features: frozenset[str]) -> bool:
    """Accept dense int8 whose sums are far from 32 bits."""
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    return FEATURE in features and is_dense(layer) and are_served(matrix_of(layer), layer.inputs[2], parameters)


def lower(layer: Layer) -> Lowered:
    """Lower to one call a row; multipliers are stored once where all outputs have the same."""
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    matrix = matrix_of(layer)
    channels, depth = matrix.shape
    sums = folded_sums(matrix, layer.inputs[2], parameters.input_zero)
    biases = np.zeros(round_up(channels, _OUTPUTS), np.int32)
    biases[:channels] = sums
    agree = len(set(parameters.multipliers)) == 1
    scales = scale_rows(parameters.multipliers[:1] * WORDS, WORDS) if agree else scale_rows(parameters.multipliers, 8)
    numbers: dict[str, Number] = unrolled(depth) | {
        "rows": parameters.rows,
        "input_depth": depth,
        "copied": depth % LANES != 0,
        "output_depth": channels,
        "scale_step": 0 if agree else 8 * WORDS,
        **parameters.numbers(),
    }
    return Lowered(
        template="ops/fully_connected/mve.c.j2",
        numbers=numbers,
        constants=(
            Constant(name="weights", values=chunked(matrix, _OUTPUTS), role="weights", alignment=8),
            Constant(name="biases", values=biases, role="weights"),
            Constant(name="scales", values=scales, role="requantization", alignment=8),
        ),
        scratch_bytes=round_up(depth, LANES) if depth % LANES else 0,  # vectors are read: not beyond the input's end
        helpers=("mve", "mve_vector"),
    )


def cost(layer: Layer) -> float:
    """Return the instructions of the product."""
    weights = layer.inputs[1]
    assert weights is not None
    channels, depth = weights.shape
    rows = layer.outputs[0].elements // channels
    return rows * (round_up(channels, _OUTPUTS) * (6.0 + 2.3 * (round_up(depth, LANES) // LANES)) + 40.0)


VARIANTS = (Variant(name="mve", operator="FULLY_CONNECTED", accepts=accepts, lower=lower, cost=cost),)
