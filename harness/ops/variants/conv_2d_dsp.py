# SPDX-License-Identifier: Apache-2.0
"""CONV_2D by SMLAD: four pixels by two channels, the windows of four pixels widened beforehand.

Padding is filled with the zero point, so that the input's offset is in the bias for every pixel. Each weight is read
once for four pixels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.ops._base import Constant, Layer, Lowered, Number, Variant
from harness.ops.conv_2d import Parameters, macs
from harness.ops.variants._bounded import folded_sums
from harness.ops.variants._dsp import (
    FEATURE,
    are_served,
    channel_table,
    interleaved,
    is_positive,
    is_whole,
    pairs_of,
)
from harness.ops.variants._windows import filled, filters_of, is_dense, is_pointwise, windows_overlap

_PIXELS = 4


def accepts(layer: Layer, features: frozenset[str]) -> bool:
    """Accept dense int8 of one batch, without groups and dilation, whose sums are far from 32 bits."""
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    return FEATURE in features and is_dense(layer) and are_served(filters_of(layer), layer.inputs[2], parameters)


def lower(layer: Layer) -> Lowered:
    """Lower to columns of widened windows and one call for four of them."""
    parameters, (source, weights, bias) = layer.parameters, layer.inputs
    assert isinstance(parameters, Parameters)
    assert source is not None
    assert weights is not None
    matrix = filters_of(layer)
    channels, taps = matrix.shape
    sums = folded_sums(matrix, bias, parameters.input_zero)
    pairs = pairs_of(taps)
    run = weights.shape[2] * weights.shape[3]
    gathers = not is_pointwise(layer) and (parameters.window.padded or run % 4 != 0)
    numbers: dict[str, Number] = parameters.window.numbers() | {
        "input_depth": source.shape[3],
        "output_depth": channels,
        "taps": taps,
        "run": run,
        "pairs": pairs,
        "columns": _PIXELS * pairs,
        "gathers": gathers,
        "pointwise": is_pointwise(layer),
        "kernel": "dsp_block_positive" if is_positive(parameters.range, parameters.output_zero) else "dsp_block",
        "input_zero": parameters.input_zero,
        "output_offset": 2 * parameters.output_zero + 1,
        "whole": is_whole(parameters.range),
        **parameters.range.numbers(),
    }
    return Lowered(
        template="ops/conv_2d/dsp.c.j2",
        numbers=numbers,
        constants=(
            Constant(name="weights", values=interleaved(matrix, 2), role="weights"),
            Constant(name="channels", values=_channel_pairs(sums, parameters), role="requantization"),
        ),
        scratch_bytes=_PIXELS * 4 * pairs + (-(-taps // 4) * 4 if gathers else 0),
        helpers=("dsp", str(numbers["kernel"])),
    )


def in_place(layer: Layer) -> tuple[int, ...]:
    """Let the output lie over the input where pixels correspond: four are read whole before they are written."""
    weights = layer.inputs[1]
    assert weights is not None
    return (0,) if is_pointwise(layer) and weights.shape[0] <= weights.shape[3] else ()


def overlap(layer: Layer) -> int:
    """Return the distance: the windows of four pixels are widened before any of the four is written."""
    return windows_overlap(layer, _PIXELS)


def _channel_pairs(sums: NDArray[np.int32], parameters: Parameters) -> NDArray[np.int32]:
    """Return for each two channels both biases, both multipliers, both shifts."""
    table = np.zeros((3, -(-len(sums) // 2) * 2), np.int32)
    table[:, : len(sums)] = channel_table(sums, parameters.multipliers)
    return np.ascontiguousarray(table.reshape(3, -1, 2).transpose(1, 0, 2)).reshape(-1, 6)


VARIANTS = (
    Variant(
        name="dsp",
        operator="CONV_2D",
        accepts=accepts,
        lower=lower,
        cost=lambda layer: filled(layer, _PIXELS) * (1.0 * macs(layer) + 10.0 * layer.outputs[0].elements),
        in_place=in_place,
        overlap=overlap,
    ),
)
