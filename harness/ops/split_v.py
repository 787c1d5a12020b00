# SPDX-License-Identifier: Apache-2.0
"""SPLIT_V: parts of a tensor along an axis, of given sizes."""

from __future__ import annotations

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._check import version_at_most
from harness.ops._move import axis_of, inputs_of, integers, moved_type, moving_layer, one_integer, several, split_moves
from harness.ops._move_loops import moving_variant, no_macs

_NEWEST_VERSION = 2


def parse(node: Node, graph: Graph) -> Layer:
    """Check that the outputs are parts of the input along a constant axis."""
    version_at_most(node, graph, _NEWEST_VERSION)
    source, sizes, axis = inputs_of(node, graph, 3)
    integers(node, graph, sizes, "list of sizes")
    outputs = several(node, graph)
    kind = moved_type(node, graph, source, *outputs)
    number = one_integer(node, graph, axis, "axis")
    moves = split_moves(node, graph, source, outputs, axis_of(node, graph, number, len(source.shape)))
    return moving_layer(node, (source, sizes, axis), outputs, kind, moves)


macs = no_macs
VARIANTS = (moving_variant("SPLIT_V"),)
