# SPDX-License-Identifier: Apache-2.0
"""PAD: a border of zeros (of zero points where quantized)."""

from __future__ import annotations

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._check import version_at_most
from harness.ops._move import inputs_of, moved_type, moving_layer, padding_moves, zero_of
from harness.ops._move_loops import moving_variant, no_macs

_NEWEST_VERSION = 4


def parse(node: Node, graph: Graph) -> Layer:
    """Check the paddings; what surrounds the input is the output's zero point.

    Source: TensorFlow, ``tensorflow/lite/kernels/pad.cc``.
    """
    version_at_most(node, graph, _NEWEST_VERSION)
    source, paddings = inputs_of(node, graph, 2)
    output = graph.tensor(node.outputs[0])
    kind = moved_type(node, graph, source, output)
    moves = padding_moves(node, graph, source, paddings, output)
    return moving_layer(node, (source, paddings), (output,), kind, moves, fill=zero_of(output))


macs = no_macs
VARIANTS = (moving_variant("PAD"),)
