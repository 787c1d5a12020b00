# SPDX-License-Identifier: Apache-2.0
"""DEPTHWISE_CONV_2D: each input channel has ``multiplier`` filters of its own."""

from __future__ import annotations

from dataclasses import dataclass

from harness.graph import Graph, Node
from harness.ops._base import Layer, Lowered, Variant
from harness.ops._check import (
    computed,
    constant,
    expect_shape,
    operands,
    refuse,
    version_at_most,
    weighted_signature,
)
from harness.ops._convolution import Convolution, lower_convolution, scaled
from harness.ops._mixed import MIXED, check_weighted_bias, sums_of_floats
from harness.ops._overlap import window_distance, within_blocks
from harness.ops._quantized import (
    MAX_TAPS,
    activation,
    output_range,
)
from harness.ops._window import FIELDS, window

_NEWEST_VERSION = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters(Convolution):
    """A depthwise convolution; output channel ``c * multiplier + m`` is filter m of input channel c."""

    multiplier: int


def parse(node: Node, graph: Graph) -> Layer:
    """Check a depthwise convolution and compute its window and its requantization (in double)."""
    version_at_most(node, graph, _NEWEST_VERSION)
    source, weights, bias = operands(node, graph, minimum=2, maximum=3)
    assert source is not None
    assert weights is not None
    output = graph.tensor(node.outputs[0])
    kind = weighted_signature(node, graph, source, weights, output)
    computed(node, graph, source)
    constant(node, graph, weights, "weights")
    if len(source.shape) != 4 or len(weights.shape) != 4 or weights.shape[0] != 1:
        raise refuse(node, graph, "input and weights must have four dimensions, the first of the weights 1")
    batch, height, width, depth = source.shape
    _, filter_height, filter_width, channels = weights.shape
    if channels % depth:
        raise refuse(node, graph, f"{channels} filters are no multiple of {depth} channels")
    if filter_height * filter_width > MAX_TAPS:
        raise refuse(node, graph, f"a filter has more than {MAX_TAPS} weights")
    check_weighted_bias(node, graph, bias, channels, kind, type_field=None)
    sliding = window(node, graph, input_size=(height, width), filter_size=(filter_height, filter_width))
    expect_shape(node, graph, output, (batch, sliding.height.output, sliding.width.output, channels), "output")
    fused = activation(node, graph, node.options.integer(FIELDS[node.op].activation, bits=8))
    parameters = Parameters(
        window=sliding, multiplier=channels // depth, range=output_range(node, graph, fused, output)
    )
    parameters = scaled(parameters, node, graph, kind, source, weights, axis=3)
    if kind == "hybrid" and len(parameters.weight_scales) < channels:
        raise refuse(node, graph, "the reference reads a scale for each channel of its weights")
    return Layer(node=node, inputs=(source, weights, bias), outputs=(output,), signature=kind, parameters=parameters)


def macs(layer: Layer) -> int:
    """Multiply-accumulates of one inference, taps in the padding included."""
    weights = layer.inputs[1]
    assert weights is not None
    return layer.outputs[0].elements * (weights.elements // weights.shape[3])


def lower(layer: Layer) -> Lowered:
    """Lower to the generic kernel."""
    parameters, weights = layer.parameters, layer.inputs[1]
    assert isinstance(parameters, Parameters)
    assert weights is not None
    scales, channels = parameters.weight_scales, weights.shape[3]
    return lower_convolution(
        layer,
        by_channel=lambda data: data.reshape(-1, channels).T,
        numbers={"output_depth": channels, "depth_multiplier": parameters.multiplier},
        hybrid=lambda bias, elements: sums_of_floats(scales, bias, elements=elements, asymmetric=True),
    )


def overlap(layer: Layer) -> int:
    """Return the distance of the generic kernel, which reads no channel again once it is written."""
    parameters, source, output = layer.parameters, layer.inputs[0], layer.outputs[0]
    assert isinstance(parameters, Parameters)
    assert source is not None
    item_bytes, channels = output.dtype.item_bytes, output.shape[3]
    written = within_blocks(channels, 4 if parameters.multiplier == 1 else 1)
    return window_distance(
        parameters.window,
        batch=source.shape[0],
        input_pixel_bytes=source.shape[3] * item_bytes,
        output_pixel_bytes=channels * item_bytes,
        within_pixel_bytes=None if written is None else (written - written // parameters.multiplier) * item_bytes,
    )


VARIANTS = (
    Variant(
        name="generic",
        operator="DEPTHWISE_CONV_2D",
        accepts=lambda layer, _features: layer.signature in {"s8s8", "f32"} | MIXED and layer.weight_format == "dense",
        lower=lower,
        cost=lambda layer: 7.0 * macs(layer) + 40.0 * layer.outputs[0].elements,
        overlap=lambda layer: overlap(layer) if layer.signature != "hybrid" else None,
    ),
)
