# SPDX-License-Identifier: Apache-2.0
"""DEPTHWISE_CONV_2D in portable C where pixels are few, as in networks that stream: nothing is copied.

The taps of a channel are unrolled, each at a constant distance from the first, and weights lie channel by channel.
"""

from __future__ import annotations

from harness.ops._base import Constant, Layer, Lowered, Number, Variant
from harness.ops._overlap import window_distance
from harness.ops.depthwise_conv_2d import Parameters, macs
from harness.ops.variants._bounded import folded_sums, scaling_of
from harness.ops.variants._depthwise import channels_by_taps, is_dense

_MOST_TAPS = 32  # they are unrolled


def accepts(layer: Layer, features: frozenset[str]) -> bool:
    """Accept dense int8 of one batch, one filter a channel, without dilation and padding, whose filters are small.

    Not on an AVR, a core without any feature: there unrolled taps take more code than planes.
    """
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    window = parameters.window
    return (
        bool(features)
        and is_dense(layer)
        and parameters.multiplier == 1
        and not window.padded
        and window.height.filter * window.width.filter <= _MOST_TAPS
    )


def lower(layer: Layer) -> Lowered:
    """Lower to one channel of one pixel at a time."""
    parameters, (source, _, bias) = layer.parameters, layer.inputs
    assert isinstance(parameters, Parameters)
    assert source is not None
    matrix = channels_by_taps(layer)
    scales = scaling_of(matrix, bias, parameters)
    numbers: dict[str, Number] = (
        scales.numbers()
        | parameters.window.numbers()
        | {
            "depth": source.shape[3],
            **parameters.numbers(),
        }
    )
    return Lowered(
        template="ops/depthwise_conv_2d/direct.c.j2",
        numbers=numbers,
        constants=(
            Constant(name="weights", values=matrix, role="weights"),
            Constant(name="bias", values=folded_sums(matrix, bias, parameters.input_zero), role="weights"),
            *(scales.tables() if scales.step else ()),
        ),
        helpers=("requantize",),
    )


def cost(layer: Layer) -> float:
    """Stay below ``planar``, which copies, for one pixel alone: of several it reads the weights once."""
    outputs = layer.outputs[0]
    per_mac = 3.8 if outputs.shape[1:3] == (1, 1) else 4.5
    return per_mac * macs(layer) + 20.0 * outputs.elements


def overlap(layer: Layer) -> int:
    """Return the distance: a channel of a pixel is read for the last time right before it may be written over."""
    parameters, channels = layer.parameters, layer.outputs[0].shape[3]
    assert isinstance(parameters, Parameters)
    return window_distance(
        parameters.window,
        batch=1,
        input_pixel_bytes=channels,
        output_pixel_bytes=channels,
        within_pixel_bytes=0,
    )


VARIANTS = (
    Variant(
        name="direct",
        operator="DEPTHWISE_CONV_2D",
        accepts=accepts,
        lower=lower,
        cost=cost,
        overlap=overlap,
    ),
)
