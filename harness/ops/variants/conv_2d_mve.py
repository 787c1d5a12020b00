# SPDX-License-Identifier: Apache-2.0
"""CONV_2D by VMLADAVA: two pixels by four channels, eight sums in general registers.

The windows of two pixels are copied first, the padding filled with the zero point, so that one loop serves all layers,
the input's offset is in the bias for every pixel, and the output may lie over what has been copied.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.ops._base import Constant, Layer, Lowered, Number, Variant
from harness.ops.conv_2d import Parameters
from harness.ops.variants._bounded import folded_sums
from harness.ops.variants._dsp import are_served, is_positive
from harness.ops.variants._mve import FEATURE, LANES, WORDS, chunked, round_up, scale_rows, unrolled
from harness.ops.variants._windows import filters_of, is_dense, is_pointwise, windows_overlap

_PIXELS = 2
_CHANNELS = 4


def accepts(layer: Layer, features: frozenset[str]) -> bool:
    """Accept dense int8 of one batch, without groups and dilation, whose sums are far from 32 bits."""
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    return FEATURE in features and is_dense(layer) and are_served(filters_of(layer), layer.inputs[2], parameters)


def lower(layer: Layer) -> Lowered:
    """Lower to copies of windows and one call for two of them."""
    parameters, (source, weights, bias) = layer.parameters, layer.inputs
    assert isinstance(parameters, Parameters)
    assert source is not None
    assert weights is not None
    matrix = filters_of(layer)
    channels, taps = matrix.shape
    sums = folded_sums(matrix, bias, parameters.input_zero)
    numbers: dict[str, Number] = (
        parameters.window.numbers()
        | unrolled(taps)
        | {
            "input_depth": source.shape[3],
            "output_depth": channels,
            "taps": taps,
            "run": weights.shape[2] * weights.shape[3],
            "pointwise": is_pointwise(layer),
            "kernel": "mve_block_positive" if is_positive(parameters.range, parameters.output_zero) else "mve_block",
            "input_zero": parameters.input_zero,
            **parameters.numbers(),
        }
    )
    return Lowered(
        template="ops/conv_2d/mve.c.j2",
        numbers=numbers,
        constants=(
            Constant(name="weights", values=chunked(matrix, _CHANNELS), role="weights", alignment=8),
            Constant(name="channels", values=_channel_rows(sums, parameters), role="requantization", alignment=8),
        ),
        scratch_bytes=_PIXELS * round_up(taps, LANES),
        helpers=("mve", str(numbers["kernel"])),
    )


def overlap(layer: Layer) -> int:
    """Return the distance: the windows of two pixels are copied before any of the two is written."""
    return windows_overlap(layer, _PIXELS)


def cost(layer: Layer) -> float:
    """Return the instructions of the block and of the copies of windows."""
    weights, outputs = layer.inputs[1], layer.outputs[0].elements
    assert weights is not None
    channels = weights.shape[0]
    chunks = round_up(weights.elements // channels, LANES) // LANES
    return outputs * (4.4 + 1.9 * chunks) * round_up(channels, _CHANNELS) / channels + outputs / channels * 3.0 * chunks


def _channel_rows(sums: NDArray[np.int32], parameters: Parameters) -> NDArray[np.int32]:
    """Return for each four channels their biases, multipliers and shifts."""
    multipliers = parameters.multipliers * (len(sums) if len(parameters.multipliers) == 1 else 1)
    biases = np.zeros((round_up(len(sums), WORDS)), np.int32)
    biases[: len(sums)] = sums
    return np.concatenate([biases.reshape(-1, WORDS), scale_rows(multipliers, WORDS)], axis=1)


VARIANTS = (Variant(name="mve", operator="CONV_2D", accepts=accepts, lower=lower, cost=cost, overlap=overlap),)
