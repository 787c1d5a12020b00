# SPDX-License-Identifier: Apache-2.0
"""Choosing between two tensors by a boolean one, element by element."""

from __future__ import annotations

from harness.graph import DType, Graph, Node
from harness.ops._base import Layer, Lowered, Variant
from harness.ops._binary import Parameters, affine, lower_binary
from harness.ops._broadcast import broadcast, broadcast_operands, in_place
from harness.ops._check import refuse, signature, version_at_most


def parse_select(node: Node, graph: Graph, *, newest: int) -> Layer:
    """Check a choice; quantized tensors are copied as they are, so that they must share their scale and zero point."""
    version_at_most(node, graph, newest)
    inputs = broadcast_operands(node, graph, 3)
    output = graph.tensor(node.outputs[0])
    if inputs[0].dtype is not DType.BOOL:
        raise refuse(node, graph, "its condition must be boolean")
    kind = signature(node, graph, *inputs[1:], output, wide=True)
    if kind != "f32" and len({affine(node, graph, tensor) for tensor in (*inputs[1:], output)}) > 1:
        raise refuse(node, graph, "its inputs and output must have the same scale and zero point")
    parameters = Parameters(loops=broadcast(node, graph, inputs, output), numbers={})
    return Layer(node=node, inputs=inputs, outputs=(output,), signature=kind, parameters=parameters)


def _lower(layer: Layer) -> Lowered:
    return lower_binary(layer, (), ())


def select_variant(operator: str) -> Variant:
    """Return the generic variant of a choice."""
    return Variant(
        name="generic",
        operator=operator,
        accepts=lambda layer, _features: layer.signature in {"s8s8", "s16s8", "f32"},
        lower=_lower,
        cost=lambda layer: 9.0 * layer.outputs[0].elements,
        in_place=in_place,
    )
