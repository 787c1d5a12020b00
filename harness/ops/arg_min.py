# SPDX-License-Identifier: Apache-2.0
"""ARG_MIN: where along an axis the lowest element is."""

from __future__ import annotations

from harness.graph import Graph, Node
from harness.ops._arg import arg_variant, parse_arg
from harness.ops._base import Layer
from harness.ops._move_loops import no_macs


def parse(node: Node, graph: Graph) -> Layer:
    """Check the operator."""
    return parse_arg(node, graph)


macs = no_macs
VARIANTS = (arg_variant("ARG_MIN"),)
