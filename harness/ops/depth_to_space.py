# SPDX-License-Identifier: Apache-2.0
"""DEPTH_TO_SPACE: channels become blocks of height and width."""

from __future__ import annotations

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._check import expect_shape, refuse, version_at_most
from harness.ops._move import dense, gather_moves, inputs_of, moved_type, moving_layer, split
from harness.ops._move_loops import moving_variant, no_macs

_NEWEST_VERSION = 2


def parse(node: Node, graph: Graph) -> Layer:
    """Check that the blocks divide the input."""
    version_at_most(node, graph, _NEWEST_VERSION)
    (source,) = inputs_of(node, graph, 1)
    output = graph.tensor(node.outputs[0])
    kind = moved_type(node, graph, source, output)
    if kind == "s16s8":
        raise refuse(
            node, graph, "the reference kernels have it in int8 and float32 only, not in int16", "Convert to int8."
        )
    block = node.options.integer(0)
    if len(source.shape) != 4 or block < 1:
        raise refuse(node, graph, "it must have an input of four dimensions and a positive block size")
    batch, height, width, depth = source.shape
    if depth % (block * block):
        raise refuse(node, graph, f"its channels must be a multiple of {block * block}")
    expect_shape(node, graph, output, (batch, height * block, width * block, depth // (block * block)), "output")
    channels = depth // (block * block)
    parts = split(split(dense(source.shape), 3, channels), 3, block)  # batch, y, x, inside y, inside x, channel
    view = tuple(parts[k] for k in (0, 1, 3, 2, 4, 5))
    return moving_layer(node, (source,), (output,), kind, gather_moves(node, graph, view, output))


macs = no_macs
VARIANTS = (moving_variant("DEPTH_TO_SPACE"),)
