# SPDX-License-Identifier: Apache-2.0
"""RESHAPE: the same values in another shape; nothing to do where input and output share their memory."""

from __future__ import annotations

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._check import operands, refuse, version_at_most
from harness.ops._move_loops import no_macs
from harness.ops._reshaped import reshaped, reshaping_variant

_NEWEST_VERSION = 1


def parse(node: Node, graph: Graph) -> Layer:
    """Check that input and output hold the same elements; the wanted shape itself is that of the output."""
    version_at_most(node, graph, _NEWEST_VERSION)
    source, shape = operands(node, graph, minimum=1, maximum=2)
    assert source is not None
    if shape is not None and shape.data is None:
        raise refuse(
            node, graph, "its shape is computed at run time", "Convert the model with a fixed input shape (batch 1)."
        )
    return reshaped(node, graph, source)


macs = no_macs
VARIANTS = (reshaping_variant("RESHAPE"),)
