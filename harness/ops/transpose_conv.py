# SPDX-License-Identifier: Apache-2.0
"""TRANSPOSE_CONV: every input element spreads a filter over the output; here each output gathers what reaches it."""

from __future__ import annotations

import numpy as np

from harness.graph import Graph, Node
from harness.ops._base import Constant, Layer, Lowered, Number, Variant
from harness.ops._check import (
    computed,
    constant,
    expect_shape,
    operands,
    refuse,
    version_at_most,
    weighted_signature,
)
from harness.ops._convolution import Convolution, scaled
from harness.ops._mixed import MIXED, check_weighted_bias, sums_of_16, sums_of_floats
from harness.ops._quantized import (
    MAX_TAPS,
    activation,
    output_range,
    requantization,
)
from harness.ops._window import FIELDS, window

_NEWEST_VERSION = 5
_BIAS_TYPE_FIELD = 4  # of the options


def parse(node: Node, graph: Graph) -> Layer:
    """Check the operator; its window is that of the convolution from output to input.

    Source: TensorFlow, ``tensorflow/lite/kernels/transpose_conv.cc``.
    """
    version_at_most(node, graph, _NEWEST_VERSION)
    size, weights, source, bias = operands(node, graph, minimum=3, maximum=4)
    assert size is not None
    assert weights is not None
    assert source is not None
    output = graph.tensor(node.outputs[0])
    kind = weighted_signature(node, graph, source, weights, output)
    computed(node, graph, source)
    constant(node, graph, weights, "weights")
    if size.data is None:
        raise refuse(
            node, graph, "its shape is computed at run time", "Convert the model with a fixed input shape (batch 1)."
        )
    if len(source.shape) != 4 or len(weights.shape) != 4 or len(output.shape) != 4:
        raise refuse(node, graph, "input, weights and output must have four dimensions")
    channels, filter_height, filter_width, depth = weights.shape
    batch, height, width, channels_given = output.shape
    if source.shape[0] != batch or source.shape[3] != depth or channels != channels_given:
        raise refuse(node, graph, "batch or channels of input, weights and output do not agree")
    if filter_height * filter_width * depth > MAX_TAPS:
        raise refuse(node, graph, f"a filter has more than {MAX_TAPS} weights")
    check_weighted_bias(node, graph, bias, channels, kind, type_field=_BIAS_TYPE_FIELD)
    sliding = window(node, graph, input_size=(height, width), filter_size=(filter_height, filter_width))
    expect_shape(node, graph, source, (batch, sliding.height.output, sliding.width.output, depth), "input")
    fused = activation(node, graph, node.options.integer(FIELDS[node.op].activation, bits=8))
    parameters = Convolution(window=sliding, range=output_range(node, graph, fused, output))
    parameters = scaled(parameters, node, graph, kind, source, weights, axis=0)
    return Layer(
        node=node, inputs=(size, weights, source, bias), outputs=(output,), signature=kind, parameters=parameters
    )


def macs(layer: Layer) -> int:
    """Multiply-accumulates of one inference, those that fall outside the output included."""
    _, weights, source, _ = layer.inputs
    assert weights is not None
    assert source is not None
    return source.elements // source.shape[3] * weights.elements


def lower(layer: Layer) -> Lowered:
    """Lower to the generic kernel; taps go backwards, so that sums are in the reference's order."""
    parameters, (_, weights, source, bias) = layer.parameters, layer.inputs
    assert isinstance(parameters, Convolution)
    assert source is not None
    assert weights is not None
    assert weights.data is not None
    height, width = parameters.window.height, parameters.window.width
    numbers: dict[str, Number] = {
        "batch": source.shape[0],
        "input_height": source.shape[1],
        "input_width": source.shape[2],
        "input_depth": source.shape[3],
        "output_height": height.input,
        "output_width": width.input,
        "output_depth": weights.shape[0],
        "filter_height": height.filter,
        "filter_width": width.filter,
        "stride_height": height.stride,
        "stride_width": width.stride,
        "pad_height": height.pad,
        "pad_width": width.pad,
        **parameters.range.numbers(),
    }
    constants = [Constant(name="weights", values=weights.data, role="weights")]
    if layer.signature in MIXED:
        elements = source.elements // source.shape[0]
        sums = (
            sums_of_floats(parameters.weight_scales, bias, elements=elements, asymmetric=True, in_sequence=True)
            if layer.signature == "hybrid"
            else sums_of_16(weights.data.astype(np.int8).reshape(weights.shape[0], -1), bias, parameters.multipliers)
        )
        return Lowered(
            template="ops/transpose_conv/generic_mixed.c.j2",
            numbers=numbers | sums.numbers,
            constants=(*constants, *sums.constants),
            scratch_bytes=elements if layer.signature == "hybrid" else 0,
            helpers=sums.helpers,
        )
    helpers: tuple[str, ...] = ("clamp_f32",)
    if layer.signature == "s8s8":
        scaling, tables = requantization(parameters.multipliers)
        numbers |= scaling | {"input_offset": -parameters.input_zero, "output_zero": parameters.output_zero}
        constants += tables
        helpers = ("requantize", "clamp_s8")
    if bias is not None and bias.data is not None:
        constants.append(Constant(name="bias", values=bias.data, role="weights"))
    return Lowered(
        template="ops/transpose_conv/generic.c.j2", numbers=numbers, constants=tuple(constants), helpers=helpers
    )


VARIANTS = (
    Variant(
        name="generic",
        operator="TRANSPOSE_CONV",
        accepts=lambda layer, _features: layer.signature in {"s8s8", "f32"} | MIXED and layer.weight_format == "dense",
        lower=lower,
        cost=lambda layer: 6.0 * macs(layer) + 40.0 * layer.outputs[0].elements,
    ),
)
