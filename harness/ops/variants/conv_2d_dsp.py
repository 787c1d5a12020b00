# SPDX-License-Identifier: Apache-2.0
"""CONV_2D by SMLAD: four pixels by two channels, the windows of four pixels widened beforehand.

Padding is filled with the zero point, so that the input's offset is in the bias for every pixel. Each weight is read
once for four pixels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.ops._base import Constant, Layer, Lowered, Number, Variant
from harness.ops._overlap import window_distance
from harness.ops.conv_2d import Parameters, macs
from harness.ops.variants._dsp import (
    FEATURE,
    interleaved,
    is_positive,
    is_whole,
    pairs_of,
    scale_words,
    shifts_right,
    sums_of,
)

_PIXELS = 4


def accepts(layer: Layer, features: frozenset[str]) -> bool:
    """Accept dense int8 of one batch, without groups and dilation, whose sums are far from 32 bits."""
    if FEATURE not in features or layer.signature != "s8s8" or layer.weight_format != "dense":
        return False
    parameters, source = layer.parameters, layer.inputs[0]
    assert isinstance(parameters, Parameters)
    assert source is not None
    window = parameters.window
    return (
        source.shape[0] == 1
        and parameters.groups == 1
        and window.height.dilation == window.width.dilation == 1
        and shifts_right(parameters.multipliers)
        and sums_of(_matrix(layer), layer.inputs[2], parameters.input_zero) is not None
    )


def lower(layer: Layer) -> Lowered:
    """Lower to columns of widened windows and one call for four of them."""
    parameters, (source, weights, bias) = layer.parameters, layer.inputs
    assert isinstance(parameters, Parameters)
    assert source is not None
    assert weights is not None
    matrix = _matrix(layer)
    channels, taps = matrix.shape
    sums = sums_of(matrix, bias, parameters.input_zero)
    assert sums is not None
    pairs = pairs_of(taps)
    run = weights.shape[2] * weights.shape[3]
    gathers = not _is_pointwise(layer) and (parameters.window.padded or run % 4 != 0)
    numbers: dict[str, Number] = parameters.window.numbers() | {
        "input_depth": source.shape[3],
        "output_depth": channels,
        "taps": taps,
        "run": run,
        "pairs": pairs,
        "columns": _PIXELS * pairs,
        "gathers": gathers,
        "pointwise": _is_pointwise(layer),
        "kernel": "dsp_block_positive" if is_positive(parameters.range, parameters.output_zero) else "dsp_block",
        "input_zero": parameters.input_zero,
        "output_offset": 2 * parameters.output_zero + 1,
        "whole": is_whole(parameters.range),
        "low": parameters.range.low,
        "high": parameters.range.high,
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
    return (0,) if _is_pointwise(layer) and weights.shape[0] <= weights.shape[3] else ()


def overlap(layer: Layer) -> int:
    """Return the distance: the windows of four pixels are widened before any of the four is written."""
    parameters, source, output = layer.parameters, layer.inputs[0], layer.outputs[0]
    assert isinstance(parameters, Parameters)
    assert source is not None
    return window_distance(
        parameters.window,
        batch=1,
        input_pixel_bytes=source.shape[3],
        output_pixel_bytes=output.shape[3],
        within_pixel_bytes=None,
        pixels_together=_PIXELS,
    )


def _is_pointwise(layer: Layer) -> bool:
    weights, parameters = layer.inputs[1], layer.parameters
    assert isinstance(parameters, Parameters)
    assert weights is not None
    window = parameters.window
    return weights.shape[1:3] == (1, 1) and window.height.stride == window.width.stride == 1


def _matrix(layer: Layer) -> NDArray[np.int8]:
    weights = layer.inputs[1]
    assert weights is not None
    assert weights.data is not None
    return weights.data.astype(np.int8).reshape(weights.shape[0], -1)


def _channel_pairs(sums: NDArray[np.int32], parameters: Parameters) -> NDArray[np.int32]:
    """Return for each two channels both biases, both multipliers, both shifts."""
    multipliers = parameters.multipliers * (len(sums) if len(parameters.multipliers) == 1 else 1)
    words, shifts = scale_words(multipliers)
    table = np.zeros((3, -(-len(sums) // 2) * 2), np.int32)
    table[:, : len(sums)] = (sums, words, shifts)
    return np.ascontiguousarray(table.reshape(3, -1, 2).transpose(1, 0, 2)).reshape(-1, 6)


VARIANTS = (
    Variant(
        name="dsp",
        operator="CONV_2D",
        accepts=accepts,
        lower=lower,
        cost=lambda layer: 1.0 * macs(layer) + 10.0 * layer.outputs[0].elements,
        in_place=in_place,
        overlap=overlap,
    ),
)
