# SPDX-License-Identifier: Apache-2.0
"""CONV_2D: filters of all input channels (or of a group of them) at every position of a window."""

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

_NEWEST_VERSION = 8
_BIAS_TYPE_FIELD = 6  # of the options


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters(Convolution):
    """A convolution: ``groups`` splits input and output channels alike."""

    groups: int


def parse(node: Node, graph: Graph) -> Layer:
    """Check a convolution and compute its window and its requantization (in double, as the reference does)."""
    version_at_most(node, graph, _NEWEST_VERSION)
    source, weights, bias = operands(node, graph, minimum=2, maximum=3)
    assert source is not None
    assert weights is not None
    output = graph.tensor(node.outputs[0])
    kind = weighted_signature(node, graph, source, weights, output)
    computed(node, graph, source)
    constant(node, graph, weights, "weights")
    if len(source.shape) != 4 or len(weights.shape) != 4:
        raise refuse(node, graph, "input and weights must have four dimensions")
    batch, height, width, depth = source.shape
    channels, filter_height, filter_width, filter_depth = weights.shape
    if depth % filter_depth or channels % (depth // filter_depth):
        raise refuse(node, graph, f"{depth} channels do not divide into filters of depth {filter_depth}")
    if filter_height * filter_width * filter_depth > MAX_TAPS:
        raise refuse(node, graph, f"a filter has more than {MAX_TAPS} weights")
    check_weighted_bias(node, graph, bias, channels, kind, type_field=_BIAS_TYPE_FIELD)
    sliding = window(node, graph, input_size=(height, width), filter_size=(filter_height, filter_width))
    expect_shape(node, graph, output, (batch, sliding.height.output, sliding.width.output, channels), "output")
    fused = activation(node, graph, node.options.integer(FIELDS[node.op].activation, bits=8))
    parameters = Parameters(
        window=sliding, groups=depth // filter_depth, range=output_range(node, graph, fused, output)
    )
    parameters = scaled(parameters, node, graph, kind, source, weights, axis=0)
    if kind == "hybrid" and parameters.groups > 1 and len(parameters.weight_scales) < channels:
        raise refuse(node, graph, "the reference reads a scale for each channel of weights in groups")
    return Layer(node=node, inputs=(source, weights, bias), outputs=(output,), signature=kind, parameters=parameters)


def macs(layer: Layer) -> int:
    """Multiply-accumulates of one inference, taps in the padding included."""
    weights = layer.inputs[1]
    assert weights is not None
    return layer.outputs[0].elements * (weights.elements // weights.shape[0])


def lower(layer: Layer) -> Lowered:
    """Lower to the generic kernel."""
    parameters, weights = layer.parameters, layer.inputs[1]
    assert isinstance(parameters, Parameters)
    assert weights is not None
    scales, groups, channels = parameters.weight_scales, parameters.groups, weights.shape[0]
    # Weights whose channels have scales of their own, and groups, have kernels that also shift the inputs' zero.
    shifted = len(set(scales)) > 1 or groups > 1
    return lower_convolution(
        layer,
        by_channel=lambda data: data.reshape(channels, -1),
        numbers={"output_depth": channels, "filter_depth": weights.shape[3], "groups": groups},
        hybrid=lambda bias, elements: sums_of_floats(
            scales, bias, elements=elements, asymmetric=shifted, in_sequence=shifted
        ),
    )


def overlap(layer: Layer) -> int:
    """Return the distance of the generic kernel, which computes four channels of a pixel at once."""
    parameters, source, output = layer.parameters, layer.inputs[0], layer.outputs[0]
    assert isinstance(parameters, Parameters)
    assert source is not None
    item_bytes, channels = output.dtype.item_bytes, output.shape[3]
    written = within_blocks(channels, 4, groups=parameters.groups)
    return window_distance(
        parameters.window,
        batch=source.shape[0],
        input_pixel_bytes=source.shape[3] * item_bytes,
        output_pixel_bytes=channels * item_bytes,
        within_pixel_bytes=None if written is None else written * item_bytes,
    )


VARIANTS = (
    Variant(
        name="generic",
        operator="CONV_2D",
        accepts=lambda layer, _features: layer.signature in {"s8s8", "f32"} | MIXED and layer.weight_format == "dense",
        lower=lower,
        cost=lambda layer: 5.0 * macs(layer) + 40.0 * layer.outputs[0].elements,
        overlap=lambda layer: overlap(layer) if layer.signature != "hybrid" else None,
    ),
)
