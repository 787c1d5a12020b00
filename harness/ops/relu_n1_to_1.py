# SPDX-License-Identifier: Apache-2.0
"""RELU_N1_TO_1: clamped to -1 to 1."""

from __future__ import annotations

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._unary import no_macs, parse_unary, relu_answers, unary_variant

_NEWEST_VERSION = 1


def parse(node: Node, graph: Graph) -> Layer:
    """Check the layer and fill its table of answers."""
    return parse_unary(node, graph, relu_answers(-1.0, 1.0), newest=_NEWEST_VERSION)


macs = no_macs
VARIANTS = (unary_variant("RELU_N1_TO_1", cost_f32=10.0),)
