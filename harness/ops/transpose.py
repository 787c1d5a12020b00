# SPDX-License-Identifier: Apache-2.0
"""TRANSPOSE: the same elements with their dimensions in another order."""

from __future__ import annotations

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._check import expect_shape, refuse, version_at_most
from harness.ops._move import dense, gather_moves, inputs_of, integers, moved_type, moving_layer
from harness.ops._move_loops import moving_variant, no_macs

_NEWEST_VERSION = 6


def parse(node: Node, graph: Graph) -> Layer:
    """Check that the order is a permutation of all dimensions."""
    version_at_most(node, graph, _NEWEST_VERSION)
    source, order = inputs_of(node, graph, 2)
    output = graph.tensor(node.outputs[0])
    kind = moved_type(node, graph, source, output)
    rank = len(source.shape)
    axes = [axis + rank if axis < 0 else axis for axis in integers(node, graph, order, "order")]
    if sorted(axes) != list(range(rank)):
        raise refuse(node, graph, f"its order {tuple(axes)} is no permutation of {rank} dimensions")
    expect_shape(node, graph, output, [source.shape[axis] for axis in axes], "output")
    whole = dense(source.shape)
    view = tuple(whole[axis] for axis in axes)
    return moving_layer(node, (source, order), (output,), kind, gather_moves(node, graph, view, output))


macs = no_macs
VARIANTS = (moving_variant("TRANSPOSE"),)
