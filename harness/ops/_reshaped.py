# SPDX-License-Identifier: Apache-2.0
"""Operators that change a shape alone: nothing to do where input and output share their memory."""

from __future__ import annotations

from harness.graph import Graph, Node, Tensor
from harness.ops._base import Layer, Lowered, Variant
from harness.ops._check import computed, refuse
from harness.ops._move import SIGNATURES, moved_type


def reshaped(node: Node, graph: Graph, source: Tensor, shape: tuple[int, ...] | None = None) -> Layer:
    """Check that input and output hold the same elements, and that the output has a shape, where one is given."""
    output = graph.tensor(node.outputs[0])
    kind = moved_type(node, graph, source, output)
    computed(node, graph, source)
    if source.elements != output.elements:
        raise refuse(node, graph, f"{source.elements} elements cannot become {output.elements}")
    if shape is not None and output.shape != shape:
        raise refuse(node, graph, f"its output must have shape {shape}")
    return Layer(node=node, inputs=(source,), outputs=(output,), signature=kind)


def reshaping_variant(operator: str) -> Variant:
    """Return the generic kernel: a copy, or nothing where the planner gave both the same memory."""
    template = f"ops/{operator.lower()}/generic.c.j2"
    return Variant(
        name="generic",
        operator=operator,
        accepts=lambda layer, _features: layer.signature in set(SIGNATURES.values()),
        lower=lambda layer: Lowered(template=template, numbers={"size_bytes": layer.outputs[0].size_bytes}),
        cost=lambda layer: float(layer.outputs[0].size_bytes),
        in_place=lambda _layer: (0,),
    )
