# SPDX-License-Identifier: Apache-2.0
"""FILL: a tensor of a constant shape, every element the same number."""

from __future__ import annotations

import numpy as np

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._check import expect_shape, refuse, version_at_most
from harness.ops._move import Move, dense, inputs_of, integers, moved_type, moving_layer
from harness.ops._move_loops import moving_variant, no_macs

_NEWEST_VERSION = 4


def parse(node: Node, graph: Graph) -> Layer:
    """Check the shape and that the value is one number, constant or computed."""
    version_at_most(node, graph, _NEWEST_VERSION)
    shape, value = inputs_of(node, graph, 2)
    output = graph.tensor(node.outputs[0])
    kind = moved_type(node, graph, value, output)
    expect_shape(node, graph, output, integers(node, graph, shape, "shape"), "output")
    if value.elements != 1:
        raise refuse(node, graph, "its value must be one number")
    still = np.zeros(output.elements, dtype=np.int64)
    move = Move(source=(still,), target=dense((output.elements,)), from_input=1)
    return moving_layer(node, (shape, value), (output,), kind, (move,))


macs = no_macs
VARIANTS = (moving_variant("FILL"),)
