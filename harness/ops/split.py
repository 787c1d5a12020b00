# SPDX-License-Identifier: Apache-2.0
"""SPLIT: equal parts of a tensor along an axis."""

from __future__ import annotations

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._check import version_at_most
from harness.ops._move import axis_of, inputs_of, moved_type, moving_layer, one_integer, several, split_moves
from harness.ops._move_loops import moving_variant, no_macs

_NEWEST_VERSION = 4


def parse(node: Node, graph: Graph) -> Layer:
    """Check that the outputs are equal parts of the input along a constant axis."""
    version_at_most(node, graph, _NEWEST_VERSION)
    axis, source = inputs_of(node, graph, 2)
    outputs = several(node, graph)
    kind = moved_type(node, graph, source, *outputs)
    number = one_integer(node, graph, axis, "axis")
    moves = split_moves(node, graph, source, outputs, axis_of(node, graph, number, len(source.shape)), position=1)
    return moving_layer(node, (axis, source), outputs, kind, moves)


macs = no_macs
VARIANTS = (moving_variant("SPLIT"),)
