# SPDX-License-Identifier: Apache-2.0
"""CONCATENATION: tensors one after the other along an axis; the reference does not rescale int8 ones."""

from __future__ import annotations

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._check import all_operands, refuse, version_at_most
from harness.ops._move import Move, axis_of, dense, moved_type, moving_layer, same_quantization, take
from harness.ops._move_loops import moving_variant, no_macs

_NEWEST_VERSION = 4


def parse(node: Node, graph: Graph) -> Layer:
    """Check that shapes agree but for one axis; quantized inputs must have the output's scale, as in the reference."""
    version_at_most(node, graph, _NEWEST_VERSION)
    sources = all_operands(node, graph)
    output = graph.tensor(node.outputs[0])
    kind = moved_type(node, graph, *sources, output)
    same_quantization(node, graph, *sources, output)
    if node.options.integer(1, bits=8) != 0:
        raise refuse(node, graph, "it has a fused activation", "Use a separate activation layer.")
    rank = len(output.shape)
    axis = axis_of(node, graph, node.options.integer(0), rank)
    if any(_others(tensor.shape, axis) != _others(output.shape, axis) for tensor in sources):
        raise refuse(node, graph, f"its shapes may differ in dimension {axis} only")
    if sum(tensor.shape[axis] for tensor in sources) != output.shape[axis]:
        raise refuse(node, graph, f"its inputs do not fill dimension {axis} of the output")
    moves, start = [], 0
    for number, tensor in enumerate(sources):
        end = start + tensor.shape[axis]
        target = take(dense(output.shape), axis, slice(start, end))
        moves.append(Move(source=dense(tensor.shape), target=target, from_input=number))
        start = end
    return moving_layer(node, sources, (output,), kind, moves)


def _others(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return (*shape[:axis], *shape[axis + 1 :])


macs = no_macs
VARIANTS = (moving_variant("CONCATENATION"),)
