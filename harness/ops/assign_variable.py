# SPDX-License-Identifier: Apache-2.0
"""ASSIGN_VARIABLE: copy a tensor into a variable, where later reads and inferences find it."""

from __future__ import annotations

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._check import computed, operands, refuse, version_at_most
from harness.ops._variable import NEWEST_VERSION, copied, copying_variant


def parse(node: Node, graph: Graph) -> Layer:
    """Check the layer; its output is the variable, which then mirrors the tensor that was assigned."""
    version_at_most(node, graph, NEWEST_VERSION)
    variable, value = operands(node, graph, minimum=2, maximum=2)
    assert variable is not None
    assert value is not None
    if node.outputs != (variable.index,):
        raise refuse(node, graph, "it must write its variable alone")
    computed(node, graph, value)
    copied(node, graph, variable, value)
    return Layer(node=node, inputs=(variable, value), outputs=(variable,), signature="any", mirrors=value)


def macs(_layer: Layer) -> int:
    """Return 0: nothing is multiplied."""
    return 0


VARIANTS = (copying_variant("ASSIGN_VARIABLE", source=1),)
