# SPDX-License-Identifier: Apache-2.0
"""Comparisons, element by element; quantized operands are scaled to real numbers with 8 bits behind the point."""

from __future__ import annotations

from harness.graph import DType, Graph, Node
from harness.ops._base import Layer, Number
from harness.ops._binary import Parameters, affine
from harness.ops._broadcast import broadcast, broadcast_operands
from harness.ops._check import refuse, signature, version_at_most
from harness.ops._quantized import quantize_multiplier


def parse_comparison(node: Node, graph: Graph, *, newest: int, scaled_16: bool = False) -> Layer:
    """Check a comparison of two tensors of one type, which gives booleans.

    Int16 operands are compared as they are stored, and must have one scale, but where ``scaled_16`` says otherwise.

    Source: TensorFlow, ``tensorflow/lite/kernels/comparisons.cc``: each operand is multiplied by its own scale, which
    must be below 1.
    """
    version_at_most(node, graph, newest)
    inputs = broadcast_operands(node, graph, 2)
    output = graph.tensor(node.outputs[0])
    kind = signature(node, graph, *inputs, wide=True)
    if output.dtype is not DType.BOOL:
        raise refuse(node, graph, "its output must be boolean")
    numbers: dict[str, Number] = {}
    loops = broadcast(node, graph, inputs, output)
    as_stored = kind == "s16s8" and not scaled_16
    if as_stored and len({affine(node, graph, tensor).scale for tensor in inputs}) > 1:
        raise refuse(
            node,
            graph,
            "the reference compares int16 as it is stored, so that both scales must be the same",
            "Quantize both operands alike.",
        )
    if kind in {"s8s8", "s16s8"} and not as_stored:
        for name, tensor in zip(("first", "second"), inputs, strict=True):
            found = affine(node, graph, tensor)
            multiplier = quantize_multiplier(found.scale)
            if multiplier.shift > 0:
                raise refuse(
                    node,
                    graph,
                    f"the scale of its {name} operand is {found.scale:g}; the reference compares scales below 1",
                    "Divide the operands by a constant before they are compared.",
                )
            numbers |= {
                f"{name}_offset": -found.zero,
                f"{name}_multiplier": multiplier.value,
                f"{name}_shift": multiplier.shift,
            }
    parameters = Parameters(loops=loops, numbers=numbers)
    return Layer(node=node, inputs=inputs, outputs=(output,), signature=kind, parameters=parameters)
