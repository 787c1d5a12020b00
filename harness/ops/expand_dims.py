# SPDX-License-Identifier: Apache-2.0
"""EXPAND_DIMS: the same values with one more dimension, of extent 1."""

from __future__ import annotations

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._check import version_at_most
from harness.ops._move import axis_of, inputs_of, one_integer
from harness.ops._move_loops import no_macs
from harness.ops._reshaped import reshaped, reshaping_variant

_NEWEST_VERSION = 1


def parse(node: Node, graph: Graph) -> Layer:
    """Check where the new dimension is."""
    version_at_most(node, graph, _NEWEST_VERSION)
    source, axis = inputs_of(node, graph, 2)
    number = one_integer(node, graph, axis, "axis")
    place = axis_of(node, graph, number, len(source.shape) + 1)
    return reshaped(node, graph, source, (*source.shape[:place], 1, *source.shape[place:]))


macs = no_macs
VARIANTS = (reshaping_variant("EXPAND_DIMS"),)
