# SPDX-License-Identifier: Apache-2.0
"""What fully connected layers share that compute a few outputs at once, one call a row."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from harness.graph import Tensor
from harness.ops._base import Constant, Layer, Lowered
from harness.ops.fully_connected import Parameters
from harness.ops.variants._bounded import folded_sums, scaling_of

Bytes = NDArray[np.int8]
UNSIGNED_BYTES = "mul32"  # feature of cores whose loads of bytes do not extend signs
OFFSET_OUTPUTS = 4  # at once, by weights that have an offset
_OFFSET = 128
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
    scales = scaling_of(matrix, bias, parameters, once=True)
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
            **parameters.numbers(),
        },
        constants=(
            Constant(name="weights", values=order(matrix), role="weights"),
            Constant(name="bias", values=folded_sums(matrix, bias, parameters.input_zero), role="weights"),
            *scales.tables(),
        ),
        helpers=("requantize", sums, kernel),
    )


def by_blocks(matrix: Bytes, together: int) -> Bytes:
    """Return weights tap by tap for each ``together`` outputs, then those of each output that is left."""
    whole = len(matrix) // together * together
    blocks = matrix[:whole].reshape(-1, together, matrix.shape[1]).transpose(0, 2, 1)
    return np.concatenate([blocks.reshape(-1), matrix[whole:].reshape(-1)])


def with_offset(matrix: Bytes) -> Bytes:
    """Return weights by blocks of four with 128 added, to be read as bytes without a sign."""
    return by_blocks(matrix, OFFSET_OUTPUTS) ^ np.int8(-_OFFSET)


def allows_offset(matrix: Bytes, bias: Tensor | None, input_zero: int) -> bool:
    """Tell whether sums of products with weights of up to 255 stay within 32 bits, whatever the inputs are."""
    most = int(np.abs(folded_sums(matrix, bias, input_zero).astype(np.int64)).max(initial=0))
    return bool(most + matrix.shape[1] * 128 * (255 + _OFFSET) < 1 << 31)


def products(layer: Layer, together: int, alone: float) -> float:
    """Return the products of all outputs, those that fill no block counted ``alone`` times, a row at a time."""
    weights = layer.inputs[1]
    assert weights is not None
    outputs, taps = weights.shape
    rows = layer.outputs[0].elements / outputs
    return rows * taps * (outputs - outputs % together + alone * (outputs % together))
