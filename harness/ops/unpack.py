# SPDX-License-Identifier: Apache-2.0
"""UNPACK: the slices of a tensor along an axis, each a tensor of its own."""

from __future__ import annotations

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._check import expect_shape, refuse, version_at_most
from harness.ops._move import Move, axis_of, dense, inputs_of, moved_type, moving_layer, several, take
from harness.ops._move_loops import moving_variant, no_macs

_NEWEST_VERSION = 4


def parse(node: Node, graph: Graph) -> Layer:
    """Check that there is one output for each slice."""
    version_at_most(node, graph, _NEWEST_VERSION)
    (source,) = inputs_of(node, graph, 1)
    outputs = several(node, graph)
    kind = moved_type(node, graph, source, *outputs)
    axis = axis_of(node, graph, node.options.integer(1), len(source.shape))
    if len(outputs) != source.shape[axis]:
        raise refuse(node, graph, f"it must have {source.shape[axis]} outputs")
    rest = (*source.shape[:axis], *source.shape[axis + 1 :])
    for output in outputs:
        expect_shape(node, graph, output, rest, "outputs")
    moves = [
        Move(
            source=take(dense(source.shape), axis, [number]),
            target=dense((*rest[:axis], 1, *rest[axis:])),
            to_output=number,
        )
        for number in range(len(outputs))
    ]
    return moving_layer(node, (source,), outputs, kind, moves)


macs = no_macs
VARIANTS = (moving_variant("UNPACK"),)
