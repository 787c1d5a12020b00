# SPDX-License-Identifier: Apache-2.0
"""PACK: tensors of one shape along a new axis."""

from __future__ import annotations

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._check import all_operands, expect_shape, refuse, version_at_most
from harness.ops._move import Move, axis_of, dense, moved_type, moving_layer, same_quantization, take
from harness.ops._move_loops import moving_variant, no_macs

_NEWEST_VERSION = 4


def parse(node: Node, graph: Graph) -> Layer:
    """Check that all inputs have one shape and, quantized, the output's scale."""
    version_at_most(node, graph, _NEWEST_VERSION)
    sources = all_operands(node, graph)
    output = graph.tensor(node.outputs[0])
    kind = moved_type(node, graph, *sources, output)
    same_quantization(node, graph, *sources, output)
    shape = sources[0].shape
    if any(tensor.shape != shape for tensor in sources):
        raise refuse(node, graph, "its inputs must all have one shape")
    axis = axis_of(node, graph, node.options.integer(1), len(shape) + 1)
    expect_shape(node, graph, output, (*shape[:axis], len(sources), *shape[axis:]), "output")
    moves = [
        Move(
            source=dense((*shape[:axis], 1, *shape[axis:])),
            target=take(dense(output.shape), axis, [number]),
            from_input=number,
        )
        for number in range(len(sources))
    ]
    return moving_layer(node, sources, (output,), kind, moves)


macs = no_macs
VARIANTS = (moving_variant("PACK"),)
