# SPDX-License-Identifier: Apache-2.0
"""DEPTHWISE_CONV_2D with halfword products where pixels are few, as in networks that stream: four channels at once.

Nothing is copied: for each tap the numbers of four neighbouring channels are one word of the input and one of the
weights, which lie in the file's order.
"""

from __future__ import annotations

import numpy as np

from harness.ops._base import Constant, Layer, Lowered, Number, Variant
from harness.ops.depthwise_conv_2d import Parameters, macs
from harness.ops.variants import depthwise_conv_2d_dsp
from harness.ops.variants._bounded import folded_sums
from harness.ops.variants._depthwise import channels_by_taps
from harness.ops.variants._dsp import channel_table, is_whole

_TOGETHER = 4


def accepts(layer: Layer, features: frozenset[str]) -> bool:
    """Accept what planes of channels accept, without padding, in blocks of four channels with one filter each."""
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    return (
        depthwise_conv_2d_dsp.accepts(layer, features)
        and parameters.multiplier == 1
        and not parameters.window.padded
        and layer.outputs[0].shape[3] % _TOGETHER == 0
    )


def lower(layer: Layer) -> Lowered:
    """Lower to one call a pixel."""
    parameters, (source, weights, bias) = layer.parameters, layer.inputs
    assert isinstance(parameters, Parameters)
    assert source is not None
    assert weights is not None
    assert weights.data is not None
    sums = folded_sums(channels_by_taps(layer), bias, parameters.input_zero)
    blocks = channel_table(sums, parameters.multipliers).reshape(3, -1, _TOGETHER).transpose(1, 0, 2)
    numbers: dict[str, Number] = parameters.window.numbers() | {
        "depth": source.shape[3],
        "output_offset": 2 * parameters.output_zero + 1,
        "whole": is_whole(parameters.range),
        **parameters.range.numbers(),
    }
    return Lowered(
        template="ops/depthwise_conv_2d/dsp_taps.c.j2",
        numbers=numbers,
        constants=(
            Constant(name="weights", values=weights.data.astype(np.int8).reshape(-1), role="weights"),
            Constant(name="channels", values=np.ascontiguousarray(blocks), role="requantization"),
        ),
        helpers=("dsp", "dsp_taps"),
    )


VARIANTS = (
    Variant(
        name="dsp_taps",
        operator="DEPTHWISE_CONV_2D",
        accepts=accepts,
        lower=lower,
        cost=lambda layer: 3.2 * macs(layer) + 21.0 * layer.outputs[0].elements,
        in_place=lambda layer: (0,) if layer.outputs[0].shape[1:3] == (1, 1) else (),
    ),
)
