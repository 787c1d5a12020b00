# SPDX-License-Identifier: Apache-2.0
"""Repair the batches that the converter stores where others than 1 are computed.

A model with a free batch is stored with a batch of 1 everywhere, also between SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND,
where blocks have become images, and before a dense layer over several dimensions, whose positions have. The interpreter
finds the true shapes when it runs; here they are found beforehand.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod

from harness.graph import DType, Graph, Node, Tensor
from harness.passes.shapes import shape_that_follows

_MOST_BYTES = (1 << 31) - 1  # of a tensor, as when a file is read: blocks may claim any number of images
# Operators that treat every image of a batch alike: their output's batch is that of their first input.
_BY_IMAGE = frozenset(
    {
        "ADD",
        "AVERAGE_POOL_2D",
        "CONV_2D",
        "DEPTHWISE_CONV_2D",
        "ELU",
        "EXPAND_DIMS",
        "FULLY_CONNECTED",
        "LEAKY_RELU",
        "LOGISTIC",
        "MAX_POOL_2D",
        "MUL",
        "RELU",
        "RELU6",
        "RESHAPE",
        "SQUEEZE",
        "SUB",
        "TANH",
    }
)


def repair_batches(graph: Graph) -> Graph:
    """Return the graph with true shapes behind each SPACE_TO_BATCH_ND, and behind each RESHAPE whose target is known.

    They are found as far as operators go image by image. What is computed from tensors of known size has the size that
    the file says, each free dimension being the batch.
    """
    tensors = dict(graph.tensors)
    grown: dict[int, int] = {}  # how many times as many images a tensor has as the file says
    for node in graph.nodes:
        output = tensors[node.outputs[0]]
        factor = grown.get(node.inputs[0], 1) if node.op in _BY_IMAGE and node.inputs else 1
        if node.op == "SPACE_TO_BATCH_ND":
            factor = _blocks(node, tensors, output)
        elif (shape := _told(node, tensors) or _follows(node, tensors, graph)) is not None:
            tensors[output.index] = replace(output, shape=shape, free=False)
            grown[output.index] = shape[0] // output.shape[0] if shape else 1
            continue
        if node.op != "RESHAPE" and not any(tensors[index].free for index in node.inputs if index != -1):
            for index in node.outputs:
                tensors[index] = replace(tensors[index], free=False)
            output = tensors[output.index]
        if factor > 1 and output.shape and output.size_bytes * factor <= _MOST_BYTES:
            grown[output.index] = factor
            tensors[output.index] = replace(output, shape=(output.shape[0] * factor, *output.shape[1:]))
    return replace(graph, tensors=tensors)


def _told(node: Node, tensors: dict[int, Tensor]) -> tuple[int, ...] | None:
    """Return what a RESHAPE's target says of an output that is not known yet, or is known to be just that."""
    shape, output = _target(node, tensors), tensors[node.outputs[0]]
    return shape if output.free or shape == output.shape else None


def _target(node: Node, tensors: dict[int, Tensor]) -> tuple[int, ...] | None:
    """Return the shape that a RESHAPE is told by a constant, where the elements of its input fill it."""
    if node.op != "RESHAPE" or len(node.inputs) != 2 or -1 in node.inputs:
        return None
    source, wanted = tensors[node.inputs[0]], tensors[node.inputs[1]]
    if wanted.data is None or wanted.dtype is not DType.INT32 or len(wanted.shape) != 1 or source.free:
        return None
    shape = [int(size) for size in wanted.data]
    if shape.count(-1) == 1:
        rest = prod(size for size in shape if size != -1)
        shape[shape.index(-1)] = source.elements // rest if rest > 0 else 0
    fills = all(size > 0 for size in shape) and prod(shape) == source.elements
    return tuple(shape) if fills and len(shape) == len(tensors[node.outputs[0]].shape) else None


def _follows(node: Node, tensors: dict[int, Tensor], graph: Graph) -> tuple[int, ...] | None:
    """Return the shape that follows from the inputs', where the file says another.

    It is one where the shape of an input was repaired before, or where FILL is told by a constant. None elsewhere.
    """
    inputs = [tensors[index] for index in node.inputs if index != -1]
    repaired = any(tensor.shape != graph.tensor(tensor.index).shape for tensor in inputs)
    if not inputs or any(tensor.free for tensor in inputs) or not (repaired or node.op == "FILL"):
        return None
    stored = tensors[node.outputs[0]]
    shape = shape_that_follows(node, inputs, stored.shape, graph)
    fits = (
        shape is not None
        and len(shape) == len(stored.shape)
        and 0 < prod(shape) * stored.dtype.item_bytes <= _MOST_BYTES
    )
    return shape if fits and shape != stored.shape else None


def _blocks(node: Node, tensors: dict[int, Tensor], output: Tensor) -> int:
    """Return by what the stored batch of a SPACE_TO_BATCH_ND must be multiplied: 1 where it is right."""
    if len(node.inputs) != 3 or -1 in node.inputs:
        return 1
    source, block = tensors[node.inputs[0]], tensors[node.inputs[1]].data
    if block is None or not source.shape or len(output.shape) != len(source.shape):
        return 1
    images = source.shape[0] * prod(int(size) for size in block.reshape(-1).tolist())
    return images // output.shape[0] if output.shape[0] == source.shape[0] and images > 0 else 1
