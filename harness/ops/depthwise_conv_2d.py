# SPDX-License-Identifier: Apache-2.0
"""DEPTHWISE_CONV_2D: each input channel has ``multiplier`` filters of its own."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from harness.graph import Graph, Node
from harness.ops._base import Constant, Layer, Lowered, Number, Variant
from harness.ops._check import (
    check_bias,
    computed,
    constant,
    expect_shape,
    operands,
    refuse,
    version_at_most,
    weighted_signature,
)
from harness.ops._mixed import MIXED, check_mixed_bias, check_reduced, sums_of_16, sums_of_floats
from harness.ops._overlap import window_distance, within_blocks
from harness.ops._quantized import (
    MAX_TAPS,
    Multiplier,
    Range,
    activation,
    channel_multipliers,
    fold_offset,
    output_range,
    per_tensor,
    requantization,
    weight_scales,
)
from harness.ops._window import Window, window

_NEWEST_VERSION = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """A depthwise convolution; output channel ``c * multiplier + m`` is filter m of input channel c."""

    window: Window
    multiplier: int
    range: Range
    input_zero: int = 0
    output_zero: int = 0
    multipliers: tuple[Multiplier, ...] = ()
    weight_scales: tuple[float, ...] = ()  # of a hybrid one


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
    if kind in MIXED:
        check_mixed_bias(node, graph, bias, channels, kind, type_field=None)
    else:
        check_bias(node, graph, bias, channels, kind)
    options = node.options
    sliding = window(
        node,
        graph,
        padding=options.integer(0, bits=8),
        input_size=(height, width),
        filter_size=(filter_height, filter_width),
        stride=(options.integer(2), options.integer(1)),
        dilation=(options.integer(6, 1), options.integer(5, 1)),
    )
    expect_shape(node, graph, output, (batch, sliding.height.output, sliding.width.output, channels), "output")
    fused = activation(node, graph, options.integer(4, bits=8))
    parameters = Parameters(
        window=sliding, multiplier=channels // depth, range=output_range(node, graph, fused, output)
    )
    if kind == "s8s8":
        parameters = dataclasses.replace(
            parameters,
            input_zero=per_tensor(node, graph, source)[1],
            output_zero=per_tensor(node, graph, output)[1],
            multipliers=channel_multipliers(node, graph, source, weights, output, axis=3),
        )
    elif kind == "s16s8":
        multipliers = channel_multipliers(node, graph, source, weights, output, axis=3)
        parameters = dataclasses.replace(parameters, multipliers=check_reduced(node, graph, multipliers))
    elif kind == "hybrid":
        scales = weight_scales(node, graph, weights, axis=3)
        if len(scales) < channels:
            raise refuse(node, graph, "the reference reads a scale for each channel of its weights")
        parameters = dataclasses.replace(parameters, weight_scales=scales)
    return Layer(node=node, inputs=(source, weights, bias), outputs=(output,), signature=kind, parameters=parameters)


def macs(layer: Layer) -> int:
    """Multiply-accumulates of one inference, taps in the padding included."""
    weights = layer.inputs[1]
    assert weights is not None
    return layer.outputs[0].elements * (weights.elements // weights.shape[3])


def lower(layer: Layer) -> Lowered:
    """Lower to the generic kernel; the input's offset goes into the bias where no window leaves the input."""
    parameters, (source, weights, bias) = layer.parameters, layer.inputs
    assert isinstance(parameters, Parameters)
    assert source is not None
    assert weights is not None
    assert weights.data is not None
    numbers: dict[str, Number] = parameters.window.numbers() | {
        "batch": source.shape[0],
        "input_depth": source.shape[3],
        "output_depth": weights.shape[3],
        "depth_multiplier": parameters.multiplier,
        "low": parameters.range.low,
        "high": parameters.range.high,
    }
    constants = [Constant(name="weights", values=weights.data, role="weights")]
    values = None if bias is None else bias.data
    helpers: tuple[str, ...] = ("window",) if parameters.window.padded else ()
    if layer.signature in MIXED:
        by_channel = weights.data.astype(np.int8).reshape(-1, weights.shape[3]).T
        elements = source.elements // source.shape[0]
        sums = (
            sums_of_floats(parameters.weight_scales, bias, elements=elements, asymmetric=True)
            if layer.signature == "hybrid"
            else sums_of_16(by_channel, bias, parameters.multipliers)
        )
        return Lowered(
            template="ops/depthwise_conv_2d/generic_mixed.c.j2",
            numbers=numbers | sums.numbers,
            constants=(*constants, *sums.constants),
            scratch_bytes=elements if layer.signature == "hybrid" else 0,
            helpers=(*helpers, *sums.helpers),
        )
    if layer.signature == "s8s8":
        folded = not parameters.window.padded
        values = fold_offset(
            None if values is None else values.astype(np.int32),
            weights.data.astype(np.int8).reshape(-1, weights.shape[3]).T,
            -parameters.input_zero if folded else 0,
        )
        scaling, tables = requantization(parameters.multipliers)
        numbers |= scaling
        numbers |= {"input_offset": 0 if folded else -parameters.input_zero, "output_zero": parameters.output_zero}
        constants += tables
        helpers += ("requantize", "clamp_s8")
    else:
        helpers += ("clamp_f32",)
    if values is not None:
        constants.append(Constant(name="bias", values=values, role="weights"))
    return Lowered(
        template="ops/depthwise_conv_2d/generic.c.j2", numbers=numbers, constants=tuple(constants), helpers=helpers
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
