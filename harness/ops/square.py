# SPDX-License-Identifier: Apache-2.0
"""SQUARE, of float32; the reference has no int8."""

from __future__ import annotations

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._unary import no_macs, parse_unary, unary_variant

_NEWEST_VERSION = 1


def parse(node: Node, graph: Graph) -> Layer:
    """Check the layer."""
    return parse_unary(node, graph, None, newest=_NEWEST_VERSION)


macs = no_macs
VARIANTS = (unary_variant("SQUARE", cost_f32=8.0),)
