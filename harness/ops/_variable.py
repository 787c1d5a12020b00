# SPDX-License-Identifier: Apache-2.0
"""Operators that copy the values of a variable from or to it."""

from __future__ import annotations

from harness.graph import Graph, Node, Tensor
from harness.ops._base import Layer, Lowered, Variant
from harness.ops._check import refuse

NEWEST_VERSION = 1


def copied(node: Node, graph: Graph, variable: Tensor, value: Tensor) -> None:
    """Refuse what is no copy between a variable and a tensor of its type and shape."""
    if not variable.is_variable:
        raise refuse(node, graph, "its first input must be the handle of a variable")
    if (value.dtype, value.shape) != (variable.dtype, variable.shape):
        raise refuse(node, graph, "its value must have the variable's type and shape")


def copying_variant(operator: str, source: int) -> Variant:
    """Return the generic kernel: a copy of the bytes of input ``source`` to the output."""
    template = f"ops/{operator.lower()}/generic.c.j2"

    def lower(layer: Layer) -> Lowered:
        return Lowered(template=template, numbers={"source": source, "size_bytes": layer.outputs[0].size_bytes})

    return Variant(
        name="generic",
        operator=operator,
        accepts=lambda layer, _features: layer.signature == "any",
        lower=lower,
        cost=lambda layer: float(layer.outputs[0].size_bytes),
    )
