# SPDX-License-Identifier: Apache-2.0
"""REVERSE_V2: elements in opposite order along some dimensions."""

from __future__ import annotations

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._check import expect_shape, version_at_most
from harness.ops._move import axis_of, dense, gather_moves, inputs_of, integers, moved_type, moving_layer, take
from harness.ops._move_loops import moving_variant, no_macs

_NEWEST_VERSION = 3


def parse(node: Node, graph: Graph) -> Layer:
    """Check the axes along which the order is turned."""
    version_at_most(node, graph, _NEWEST_VERSION)
    source, axes = inputs_of(node, graph, 2)
    output = graph.tensor(node.outputs[0])
    kind = moved_type(node, graph, source, output)
    expect_shape(node, graph, output, source.shape, "output")
    view = dense(source.shape)
    for axis in {axis_of(node, graph, n, len(source.shape)) for n in integers(node, graph, axes, "list of axes")}:
        view = take(view, axis, slice(None, None, -1))
    return moving_layer(node, (source, axes), (output,), kind, gather_moves(node, graph, view, output))


macs = no_macs
VARIANTS = (moving_variant("REVERSE_V2"),)
