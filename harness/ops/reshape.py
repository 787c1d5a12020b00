# SPDX-License-Identifier: Apache-2.0
"""RESHAPE: the same values in another shape; nothing to do where input and output share their memory."""

from __future__ import annotations

from harness.graph import Graph, Node
from harness.ops._base import Layer, Lowered, Variant
from harness.ops._check import computed, operands, refuse, signature, version_at_most

_NEWEST_VERSION = 1


def parse(node: Node, graph: Graph) -> Layer:
    """Check that input and output hold the same elements; the wanted shape itself is that of the output."""
    version_at_most(node, graph, _NEWEST_VERSION)
    source, shape = operands(node, graph, minimum=1, maximum=2)
    assert source is not None
    output = graph.tensor(node.outputs[0])
    kind = signature(node, graph, source, output)
    computed(node, graph, source)
    if shape is not None and shape.data is None:
        raise refuse(
            node, graph, "its shape is computed at run time", "Convert the model with a fixed input shape (batch 1)."
        )
    if source.elements != output.elements:
        raise refuse(node, graph, f"{source.elements} elements cannot become {output.elements}")
    return Layer(node=node, inputs=(source,), outputs=(output,), signature=kind)


def macs(layer: Layer) -> int:
    """No multiply-accumulates."""
    del layer
    return 0


def lower(layer: Layer) -> Lowered:
    """Lower to a copy, or to nothing where the planner gave both the same memory."""
    return Lowered(template="ops/reshape/generic.c.j2", numbers={"size_bytes": layer.outputs[0].size_bytes})


VARIANTS = (
    Variant(
        name="generic",
        operator="RESHAPE",
        accepts=lambda layer, _features: layer.signature in {"s8s8", "f32"},
        lower=lower,
        cost=lambda layer: float(layer.outputs[0].size_bytes),
        in_place=lambda _layer: (0,),
    ),
)
