# SPDX-License-Identifier: Apache-2.0
"""What AVERAGE_POOL_2D and MAX_POOL_2D share: a window over each channel, without requantization."""

from __future__ import annotations

from dataclasses import dataclass

from harness.graph import Graph, Node
from harness.ops._base import Layer, Lowered, Number
from harness.ops._check import computed, expect_shape, operands, refuse, signature, version_at_most
from harness.ops._overlap import window_distance
from harness.ops._quantized import Range, activation, output_range, per_tensor
from harness.ops._window import FIELDS, Window, window

_NEWEST_VERSION = 2
_CLAMPS = {"s8s8": "clamp_s8", "s16s8": "clamp_s16", "f32": "clamp_f32"}
_SCALE_TOLERANCE = 1e-6  # TensorFlow, tensorflow/lite/kernels/pooling.cc


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """A pooling window and the range of its output."""

    window: Window
    range: Range


def parse_pool(node: Node, graph: Graph) -> Layer:
    """Check a pooling operator; quantized input and output must be quantized alike, for the kernel does not rescale."""
    version_at_most(node, graph, _NEWEST_VERSION)
    (source,) = operands(node, graph, minimum=1, maximum=1)
    assert source is not None
    output = graph.tensor(node.outputs[0])
    kind = signature(node, graph, source, output, wide=True)
    computed(node, graph, source)
    if len(source.shape) != 4:
        raise refuse(node, graph, "its input must have four dimensions")
    batch, height, width, depth = source.shape
    sliding = window(node, graph, input_size=(height, width))
    expect_shape(node, graph, output, (batch, sliding.height.output, sliding.width.output, depth), "output")
    if kind != "f32":
        (input_scale, input_zero), (scale, zero) = (per_tensor(node, graph, tensor) for tensor in (source, output))
        if input_zero != zero or abs(input_scale - scale) > _SCALE_TOLERANCE:
            raise refuse(node, graph, "input and output must have the same scale and zero point")
    fused = activation(node, graph, node.options.integer(FIELDS[node.op].activation, bits=8))
    return Layer(
        node=node,
        inputs=(source,),
        outputs=(output,),
        signature=kind,
        parameters=Parameters(window=sliding, range=output_range(node, graph, fused, output)),
    )


def lower_pool(layer: Layer, template: str) -> Lowered:
    """Lower to a template that takes the window's numbers, the channels and the range."""
    parameters, source = layer.parameters, layer.inputs[0]
    assert isinstance(parameters, Parameters)
    assert source is not None
    numbers: dict[str, Number] = parameters.window.numbers() | {
        "batch": source.shape[0],
        "depth": source.shape[3],
        **parameters.range.numbers(),
    }
    helpers = ("window",) if parameters.window.padded else ()
    return Lowered(
        template=template,
        numbers=numbers,
        helpers=(*helpers, _CLAMPS[layer.signature]),
    )


def pool_distance(layer: Layer) -> int:
    """Return the distance of a kernel that takes a pixel channel by channel."""
    parameters, source = layer.parameters, layer.inputs[0]
    assert isinstance(parameters, Parameters)
    assert source is not None
    pixel_bytes = source.shape[3] * source.dtype.item_bytes
    return window_distance(
        parameters.window,
        batch=source.shape[0],
        input_pixel_bytes=pixel_bytes,
        output_pixel_bytes=pixel_bytes,
        within_pixel_bytes=0 if source.shape[3] > 1 else None,
    )


def window_elements(layer: Layer) -> int:
    """Elements that one inference reads, padding included."""
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    return layer.outputs[0].elements * parameters.window.height.filter * parameters.window.width.filter
