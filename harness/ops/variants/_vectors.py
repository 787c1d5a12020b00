# SPDX-License-Identifier: Apache-2.0
"""What fully connected layers share that compute a few outputs at once, one call a row."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from harness.ops._base import Constant, Layer, Lowered
from harness.ops.fully_connected import Parameters
from harness.ops.variants._bounded import SUM_LIMIT, are_below, folded_sums, scaling

Bytes = NDArray[np.int8]
_KERNELS = {"scale_up": "up", "requantize_once": "any"}


def is_dense(layer: Layer) -> bool:
    """Tell whether a layer is dense int8."""
    return layer.signature == "s8s8" and layer.weight_format == "dense"


def matrix_of(layer: Layer) -> Bytes:
    """Return weights as outputs x taps."""
    weights = layer.inputs[1]
    assert weights is not None
    assert weights.data is not None
    return weights.data.astype(np.int8).reshape(weights.shape)


def lower_vectors(layer: Layer, *, sums: str, order: Callable[[Bytes], Bytes]) -> Lowered:
    """Lower to one call a row; ``sums`` names its helper, ``order`` is how it reads weights of outputs x taps."""
    parameters, bias = layer.parameters, layer.inputs[2]
    assert isinstance(parameters, Parameters)
    matrix = matrix_of(layer)
    scales = scaling(
        parameters.multipliers,
        parameters.range,
        parameters.output_zero,
        small=are_below(SUM_LIMIT, matrix, bias, parameters.input_zero),
        once=True,
    )
    kernel = f"{sums}_{_KERNELS[scales.kind]}"
    return Lowered(
        template="ops/fully_connected/blocked.c.j2",
        numbers={
            "sums": sums,
            "kernel": kernel,
            "rows": parameters.rows,
            "input_depth": matrix.shape[1],
            "output_depth": matrix.shape[0],
            "scale_step": scales.step,
            "output_zero": parameters.output_zero,
            "low": parameters.range.low,
            "high": parameters.range.high,
        },
        constants=(
            Constant(name="weights", values=order(matrix), role="weights"),
            Constant(name="bias", values=folded_sums(matrix, bias, parameters.input_zero), role="weights"),
            *scales.tables(),
        ),
        helpers=("requantize", sums, kernel),
    )


def products(layer: Layer, together: int, alone: float) -> float:
    """Return the products of all outputs, those that fill no block counted ``alone`` times, a row at a time."""
    weights = layer.inputs[1]
    assert weights is not None
    outputs, taps = weights.shape
    rows = layer.outputs[0].elements / outputs
    return rows * taps * (outputs - outputs % together + alone * (outputs % together))
