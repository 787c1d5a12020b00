# SPDX-License-Identifier: Apache-2.0
"""EQUAL: two tensors are compared, element by element."""

from __future__ import annotations

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._binary import binary_variant
from harness.ops._compare import parse_comparison
from harness.ops._unary import no_macs

_NEWEST_VERSION = 4


def parse(node: Node, graph: Graph) -> Layer:
    """Check the comparison."""
    return parse_comparison(node, graph, newest=_NEWEST_VERSION, scaled_16=True)


macs = no_macs
VARIANTS = (binary_variant("EQUAL", cost_s8=35.0, helpers_s8=("requantize",)),)
