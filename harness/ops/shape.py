# SPDX-License-Identifier: Apache-2.0
"""SHAPE: the extents of a tensor, where they are an output of the model; elsewhere they are folded."""

from __future__ import annotations

import numpy as np

from harness.graph import DType, Graph, Node
from harness.ops._base import Constant, Layer, Lowered, Variant
from harness.ops._check import expect_shape, refuse, version_at_most
from harness.ops._move import inputs_of
from harness.ops._move_loops import no_macs

_NEWEST_VERSION = 1


def parse(node: Node, graph: Graph) -> Layer:
    """Check that the output is an int32 vector."""
    version_at_most(node, graph, _NEWEST_VERSION)
    (source,) = inputs_of(node, graph, 1)
    output = graph.tensor(node.outputs[0])
    if output.dtype is not DType.INT32:
        raise refuse(node, graph, "its output must be int32", "Ask for the shape as int32.")
    expect_shape(node, graph, output, (len(source.shape),), "output")
    return Layer(node=node, inputs=(source,), outputs=(output,), signature="s32")


def lower(layer: Layer) -> Lowered:
    """Lower to a copy of the extents, which are known here."""
    source = layer.inputs[0]
    assert source is not None
    extents = Constant(name="extents", values=np.array(source.shape, np.int32), role="table")
    return Lowered(template="ops/shape/generic.c.j2", numbers={"rank": layer.outputs[0].elements}, constants=(extents,))


macs = no_macs
VARIANTS = (
    Variant(
        name="generic",
        operator="SHAPE",
        accepts=lambda layer, _features: layer.signature == "s32",
        lower=lower,
        cost=lambda layer: 5.0 * layer.outputs[0].elements,
    ),
)
