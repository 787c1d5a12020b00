# SPDX-License-Identifier: Apache-2.0
"""SLICE: a part of a tensor, by its beginning and its size in every dimension."""

from __future__ import annotations

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._check import refuse, version_at_most
from harness.ops._move import dense, gather_moves, inputs_of, integers, moved_type, moving_layer, take
from harness.ops._move_loops import moving_variant, no_macs

_NEWEST_VERSION = 6


def parse(node: Node, graph: Graph) -> Layer:
    """Check that the part lies inside; a size of -1 reaches to the end."""
    version_at_most(node, graph, _NEWEST_VERSION)
    source, begin, size = inputs_of(node, graph, 3)
    output = graph.tensor(node.outputs[0])
    kind = moved_type(node, graph, source, output)
    begins, sizes = integers(node, graph, begin, "beginning"), integers(node, graph, size, "size")
    if not len(begins) == len(sizes) == len(source.shape):
        raise refuse(node, graph, "its beginning and size must have a number for each dimension")
    view = dense(source.shape)
    for axis, (first, count) in enumerate(zip(begins, sizes, strict=True)):
        end = source.shape[axis] if count == -1 else first + count
        if not 0 <= first < end <= source.shape[axis]:
            raise refuse(node, graph, f"its part leaves the input in dimension {axis}")
        view = take(view, axis, slice(first, end))
    return moving_layer(node, (source, begin, size), (output,), kind, gather_moves(node, graph, view, output))


macs = no_macs
VARIANTS = (moving_variant("SLICE"),)
