# SPDX-License-Identifier: Apache-2.0
"""RELU: negative numbers become zero."""

from __future__ import annotations

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._unary import no_macs, parse_unary, relu_answers, unary_variant
from harness.ops._unary_16 import relu_16

_NEWEST_VERSION = 3


def parse(node: Node, graph: Graph) -> Layer:
    """Check the layer and fill its table of answers."""
    return parse_unary(node, graph, relu_answers(0.0, None), newest=_NEWEST_VERSION, sixteen=relu_16(0.0, None))


macs = no_macs
VARIANTS = (unary_variant("RELU", cost_f32=10.0),)
