# SPDX-License-Identifier: Apache-2.0
"""FULLY_CONNECTED by SMLAD: four outputs at once. Each weight is read once a row, each input once for four outputs.

Inputs are widened as they are read: a widened row would cost twice its bytes, and saves an eighth of the time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.ops._base import Constant, Layer, Lowered, Number, Variant
from harness.ops.fully_connected import Parameters, macs
from harness.ops.variants._dsp import FEATURE, interleaved, is_whole, scale_words, shifts_right, sums_of
from harness.ops.variants._vectors import is_dense, matrix_of

_OUTPUTS = 4


def accepts(layer: Layer, features: frozenset[str]) -> bool:
    """Accept dense int8 whose sums are far from 32 bits."""
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    return (
        FEATURE in features
        and is_dense(layer)
        and shifts_right(parameters.multipliers)
        and sums_of(matrix_of(layer), layer.inputs[2], parameters.input_zero) is not None
    )


def lower(layer: Layer) -> Lowered:
    """Lower to one call a row; multipliers are stored once where all outputs have the same."""
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    matrix = matrix_of(layer)
    sums = sums_of(matrix, layer.inputs[2], parameters.input_zero)
    assert sums is not None
    channels, depth = matrix.shape
    groups = -(-depth // 4)
    biases = np.zeros(-(-channels // _OUTPUTS) * _OUTPUTS, np.int32)
    biases[:channels] = sums
    scales, step = _scales(parameters, channels)
    numbers: dict[str, Number] = {
        "rows": parameters.rows,
        "input_depth": depth,
        "copied": depth % 4 != 0,
        "output_depth": channels,
        "weight_bytes": groups * 4 * _OUTPUTS,
        "groups": groups,
        "output_offset": 2 * parameters.output_zero + 1,
        "scale_step": step,
        "whole": is_whole(parameters.range),
        "low": parameters.range.low,
        "high": parameters.range.high,
    }
    return Lowered(
        template="ops/fully_connected/dsp.c.j2",
        numbers=numbers,
        constants=(
            Constant(name="weights", values=interleaved(matrix, _OUTPUTS), role="weights"),
            Constant(name="biases", values=biases, role="weights"),
            Constant(name="scales", values=scales, role="requantization"),
        ),
        scratch_bytes=groups * 4 if depth % 4 else 0,  # words are read: not beyond the input's end
        helpers=("dsp", "dsp_vector"),
    )


def _scales(parameters: Parameters, channels: int) -> tuple[NDArray[np.int32], int]:
    """Return rows of four multipliers and their shifts, and the bytes from one row to the next: 0 where all agree."""
    agree = len(set(parameters.multipliers)) == 1
    multipliers = parameters.multipliers[:1] * _OUTPUTS if agree else parameters.multipliers
    table = np.zeros((2, -(-len(multipliers) // _OUTPUTS) * _OUTPUTS), np.int32)
    table[:, : len(multipliers)] = scale_words(multipliers)
    assert agree or len(multipliers) == channels
    rows = np.ascontiguousarray(table.reshape(2, -1, _OUTPUTS).transpose(1, 0, 2)).reshape(-1, 2 * _OUTPUTS)
    return rows, 0 if agree else rows.itemsize * rows.shape[1]


VARIANTS = (
    Variant(
        name="dsp",
        operator="FULLY_CONNECTED",
        accepts=accepts,
        lower=lower,
        cost=lambda layer: 1.2 * macs(layer) + 12.0 * layer.outputs[0].elements + 60.0,
    ),
)
