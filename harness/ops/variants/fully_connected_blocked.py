# SPDX-License-Identifier: Apache-2.0
"""FULLY_CONNECTED in portable C: eight outputs at once, so that each input is read once for all of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.ops._base import Constant, Layer, Lowered, Variant
from harness.ops.fully_connected import Parameters, macs
from harness.ops.variants._bounded import SUM_LIMIT, are_below, folded_sums, scaling

_OUTPUTS = 8
_KERNELS = {"scale_up": "vector_of_eight_up", "requantize_once": "vector_of_eight_any"}


def accepts(layer: Layer, _features: frozenset[str]) -> bool:
    """Accept dense int8."""
    return layer.signature == "s8s8" and layer.weight_format == "dense"


def lower(layer: Layer) -> Lowered:
    """Lower to one call a row; the input's offset is in the bias."""
    parameters, (_, weights, bias) = layer.parameters, layer.inputs
    assert isinstance(parameters, Parameters)
    assert weights is not None
    assert weights.data is not None
    matrix = weights.data.astype(np.int8).reshape(weights.shape)
    scales = scaling(
        parameters.multipliers,
        parameters.range,
        parameters.output_zero,
        small=are_below(SUM_LIMIT, matrix, bias, parameters.input_zero),
        once=True,
    )
    return Lowered(
        template="ops/fully_connected/blocked.c.j2",
        numbers={
            "kernel": _KERNELS[scales.kind],
            "rows": parameters.rows,
            "input_depth": matrix.shape[1],
            "output_depth": matrix.shape[0],
            "scale_step": scales.step,
            "output_zero": parameters.output_zero,
            "low": parameters.range.low,
            "high": parameters.range.high,
        },
        constants=(
            Constant(name="weights", values=_by_eights(matrix), role="weights"),
            Constant(name="bias", values=folded_sums(matrix, bias, parameters.input_zero), role="weights"),
            *scales.tables(),
        ),
        helpers=("requantize", "clamp_s8", _KERNELS[scales.kind]),
    )


def cost(layer: Layer) -> float:
    """Count outputs that fill no block at what one alone costs."""
    outputs = layer.outputs[0].elements
    alone = outputs % _OUTPUTS  # exact for one row
    return macs(layer) * (3.2 * (outputs - alone) + 7.0 * alone) / outputs + 20.0 * outputs + 60.0


def _by_eights(matrix: NDArray[np.int8]) -> NDArray[np.int8]:
    """Return weights tap by tap for each eight outputs, then those of each output that is left."""
    whole = len(matrix) // _OUTPUTS * _OUTPUTS
    eights = matrix[:whole].reshape(-1, _OUTPUTS, matrix.shape[1]).transpose(0, 2, 1)
    return np.concatenate([eights.reshape(-1), matrix[whole:].reshape(-1)])


VARIANTS = (
    Variant(
        name="blocked",
        operator="FULLY_CONNECTED",
        accepts=accepts,
        lower=lower,
        cost=cost,
    ),
)
