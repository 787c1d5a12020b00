# SPDX-License-Identifier: Apache-2.0
"""SELECT: by a condition of the same shape, or one for all."""

from __future__ import annotations

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._check import expect_shape
from harness.ops._select import parse_select, select_variant
from harness.ops._unary import no_macs

_NEWEST_VERSION = 4


def parse(node: Node, graph: Graph) -> Layer:
    """Check the choice."""
    layer = parse_select(node, graph, newest=_NEWEST_VERSION)
    condition, first, second = layer.inputs
    assert condition is not None
    assert first is not None
    assert second is not None
    expect_shape(node, graph, second, first.shape, "third input")
    if condition.elements != 1:
        expect_shape(node, graph, condition, first.shape, "condition")
    return layer


macs = no_macs
VARIANTS = (select_variant("SELECT"),)
