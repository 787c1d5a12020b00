# SPDX-License-Identifier: Apache-2.0
"""SQUEEZE: the same values without dimensions of extent 1."""

from __future__ import annotations

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._check import refuse, version_at_most
from harness.ops._move import axis_of, inputs_of
from harness.ops._move_loops import no_macs
from harness.ops._reshaped import reshaped, reshaping_variant

_NEWEST_VERSION = 2


def parse(node: Node, graph: Graph) -> Layer:
    """Check that the dimensions left out, those given or else all of extent 1, have one element."""
    version_at_most(node, graph, _NEWEST_VERSION)
    (source,) = inputs_of(node, graph, 1)
    rank = len(source.shape)
    given = {axis_of(node, graph, axis, rank) for axis in node.options.integers(0)}
    dropped = given or {axis for axis, extent in enumerate(source.shape) if extent == 1}
    if any(source.shape[axis] != 1 for axis in dropped):
        raise refuse(node, graph, "it drops a dimension of more than one element")
    shape = tuple(extent for axis, extent in enumerate(source.shape) if axis not in dropped)
    return reshaped(node, graph, source, shape)


macs = no_macs
VARIANTS = (reshaping_variant("SQUEEZE"),)
