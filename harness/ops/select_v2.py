# SPDX-License-Identifier: Apache-2.0
"""SELECT_V2: condition and choices are broadcast."""

from __future__ import annotations

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._select import parse_select, select_variant
from harness.ops._unary import no_macs

_NEWEST_VERSION = 2


def parse(node: Node, graph: Graph) -> Layer:
    """Check the choice."""
    return parse_select(node, graph, newest=_NEWEST_VERSION)


macs = no_macs
VARIANTS = (select_variant("SELECT_V2"),)
