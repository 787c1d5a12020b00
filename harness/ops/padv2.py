# SPDX-License-Identifier: Apache-2.0
"""PADV2: a border of a given constant."""

from __future__ import annotations

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._check import constant, refuse, version_at_most
from harness.ops._move import inputs_of, moved_type, moving_layer, padding_moves, same_quantization
from harness.ops._move_loops import moving_variant, no_macs

_NEWEST_VERSION = 4


def parse(node: Node, graph: Graph) -> Layer:
    """Check the paddings; the value around the input is quantized as the output is.

    Source: TensorFlow, ``tensorflow/lite/kernels/pad.cc``.
    """
    version_at_most(node, graph, _NEWEST_VERSION)
    source, paddings, value = inputs_of(node, graph, 3)
    output = graph.tensor(node.outputs[0])
    kind = moved_type(node, graph, source, value, output)
    same_quantization(node, graph, value, output)
    data = constant(node, graph, value, "value").data
    if data is None or data.size != 1:
        raise refuse(node, graph, "its value must be one number")
    moves = padding_moves(node, graph, source, paddings, output)
    return moving_layer(node, (source, paddings, value), (output,), kind, moves, fill=data.reshape(-1)[0].item())


macs = no_macs
VARIANTS = (moving_variant("PADV2"),)
