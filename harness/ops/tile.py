# SPDX-License-Identifier: Apache-2.0
"""TILE: a tensor repeated along its dimensions."""

from __future__ import annotations

import numpy as np

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._check import expect_shape, refuse, version_at_most
from harness.ops._move import dense, gather_moves, inputs_of, integers, moved_type, moving_layer, take
from harness.ops._move_loops import moving_variant, no_macs

_NEWEST_VERSION = 4


def parse(node: Node, graph: Graph) -> Layer:
    """Check that there is a positive count for each dimension."""
    version_at_most(node, graph, _NEWEST_VERSION)
    source, counts = inputs_of(node, graph, 2)
    output = graph.tensor(node.outputs[0])
    kind = moved_type(node, graph, source, output)
    repeats = integers(node, graph, counts, "list of counts")
    if len(repeats) != len(source.shape) or min(repeats, default=1) < 1:
        raise refuse(node, graph, "it must have a positive count for each dimension")
    expect_shape(node, graph, output, [n * extent for n, extent in zip(repeats, source.shape, strict=True)], "output")
    view = dense(source.shape)
    for axis, count in enumerate(repeats):
        view = take(view, axis, np.tile(np.arange(source.shape[axis]), count))
    return moving_layer(node, (source, counts), (output,), kind, gather_moves(node, graph, view, output))


macs = no_macs
VARIANTS = (moving_variant("TILE"),)
