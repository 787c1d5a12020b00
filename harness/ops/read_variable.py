# SPDX-License-Identifier: Apache-2.0
"""READ_VARIABLE: copy what a variable holds."""

from __future__ import annotations

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._check import operands, version_at_most
from harness.ops._variable import NEWEST_VERSION, copied, copying_variant


def parse(node: Node, graph: Graph) -> Layer:
    """Check the layer; the variable stays what it is."""
    version_at_most(node, graph, NEWEST_VERSION)
    (variable,) = operands(node, graph, minimum=1, maximum=1)
    assert variable is not None
    output = graph.tensor(node.outputs[0])
    copied(node, graph, variable, output)
    return Layer(node=node, inputs=(variable,), outputs=(output,), signature="any")


def macs(_layer: Layer) -> int:
    """Return 0: nothing is multiplied."""
    return 0


VARIANTS = (copying_variant("READ_VARIABLE", source=0),)
