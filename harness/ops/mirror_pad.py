# SPDX-License-Identifier: Apache-2.0
"""MIRROR_PAD: a border that mirrors the input, its edge repeated (SYMMETRIC) or not (REFLECT)."""

from __future__ import annotations

import numpy as np

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._check import refuse, version_at_most
from harness.ops._move import dense, gather_moves, inputs_of, moved_type, moving_layer, padding_pairs, take
from harness.ops._move_loops import moving_variant, no_macs

_NEWEST_VERSION = 3
_REFLECT = 0


def parse(node: Node, graph: Graph) -> Layer:
    """Check that no border is wider than what it mirrors."""
    version_at_most(node, graph, _NEWEST_VERSION)
    source, paddings = inputs_of(node, graph, 2)
    output = graph.tensor(node.outputs[0])
    kind = moved_type(node, graph, source, output)
    edge = 1 if node.options.integer(0, bits=8) == _REFLECT else 0
    view = dense(source.shape)
    for axis, (before, after) in enumerate(padding_pairs(node, graph, source, paddings)):
        extent = source.shape[axis]
        if max(before, after) > extent - edge:
            raise refuse(node, graph, f"its border in dimension {axis} is wider than the input")
        indices = np.arange(-before, extent + after)
        indices = np.where(indices < 0, -indices - 1 + edge, indices)
        indices = np.where(indices >= extent, 2 * extent - 1 - edge - indices, indices)
        view = take(view, axis, indices)
    return moving_layer(node, (source, paddings), (output,), kind, gather_moves(node, graph, view, output))


macs = no_macs
VARIANTS = (moving_variant("MIRROR_PAD"),)
