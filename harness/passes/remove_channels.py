# SPDX-License-Identifier: Apache-2.0
"""Rewrite a graph without some channels: weights, biases and shapes, so that kernels need to know nothing of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from harness.graph import DType, Graph, Node, Selection, Tensor
from harness.ops import Layer
from harness.ops import conv_2d as conv_op
from harness.ops import fully_connected as connected_op


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """By tensor: which channels stay, and the one value that each of the others holds, where it holds one only."""

    kept: Mapping[int, NDArray[np.bool_]]
    constants: Mapping[int, Mapping[int, int]]


def remove_channels(graph: Graph, layers: Mapping[int, Layer], removal: Removal) -> Graph:
    """Return the graph with only the channels that stay; constants go into the biases of the layers that read them."""
    tensors = dict(graph.tensors)
    for index, mask in removal.kept.items():
        if not mask.all():
            tensors[index] = _narrowed(tensors[index], mask, removal.constants[index])
    nodes = []
    for node in graph.nodes:
        layer = layers.get(node.index)
        nodes.append(node if layer is None else _rewrite(node, layer, removal, tensors))
    return replace(graph, nodes=tuple(nodes), tensors=tensors)


def _narrowed(tensor: Tensor, mask: NDArray[np.bool_], constants: Mapping[int, int]) -> Tensor:
    before = tensor.selection or Selection(channels=len(mask), kept=tuple(range(len(mask))))
    kept = tuple(before.kept[channel] for channel in np.flatnonzero(mask))
    found = dict(before.constants) | {before.kept[channel]: value for channel, value in constants.items()}
    return replace(
        tensor,
        shape=(*tensor.shape[:-1], len(kept)),
        selection=Selection(channels=before.channels, kept=kept, constants=tuple(sorted(found.items()))),
    )


def _rewrite(node: Node, layer: Layer, removal: Removal, tensors: dict[int, Tensor]) -> Node:
    """Cut a layer's constants to the channels that stay; only where a bias is new does the node itself change."""
    written = removal.kept[node.outputs[0]]
    match node.op:
        case "CONV_2D" | "FULLY_CONNECTED":
            source, weights = layer.inputs[0], layer.inputs[1]
            assert source is not None
            assert weights is not None
            read = removal.kept[source.index]
            if written.all() and read.all():
                return node
            rows = written if len(written) == weights.shape[0] else np.ones(weights.shape[0], np.bool_)
            node = _fold(node, layer, ~read, removal.constants[source.index], tensors)
            if len(read) == weights.shape[-1]:
                tensors[weights.index] = _cut(tensors[weights.index], read, -1)
            _cut_filters(node, tensors, rows, 0)
        case "DEPTHWISE_CONV_2D":
            _cut_filters(node, tensors, written, 3)
        case "ADD":
            for operand in layer.inputs:
                if operand is not None and operand.data is not None and operand.shape[-1:] == (len(written),):
                    tensors[operand.index] = _cut(operand, written, -1)
    return node


def _cut_filters(node: Node, tensors: dict[int, Tensor], kept: NDArray[np.bool_], axis: int) -> None:
    """Keep some filters of a layer, and their biases."""
    tensors[node.inputs[1]] = _cut(tensors[node.inputs[1]], kept, axis)
    if len(node.inputs) > 2 and node.inputs[2] != -1:
        tensors[node.inputs[2]] = _cut(tensors[node.inputs[2]], kept, 0)


def _cut(tensor: Tensor, kept: NDArray[np.bool_], axis: int) -> Tensor:
    """Return a constant with some of its slices along an axis, and their quantization."""
    if kept.all():
        return tensor
    assert tensor.data is not None
    axis %= len(tensor.shape)
    data = _frozen(np.compress(kept, tensor.data.reshape(tensor.shape), axis=axis))
    q = tensor.quantization
    if q is not None and len(q.scales) == len(kept) > 1 and q.axis == axis:
        chosen = np.flatnonzero(kept)
        q = replace(q, scales=tuple(q.scales[k] for k in chosen), zero_points=tuple(q.zero_points[k] for k in chosen))
    return replace(tensor, data=data, shape=data.shape, quantization=q)


def _fold(
    node: Node, layer: Layer, dropped: NDArray[np.bool_], constants: Mapping[int, int], tensors: dict[int, Tensor]
) -> Node:
    """Add to the bias what the dropped inputs contribute: their distance from the zero point times their weights.

    In 32 bits, in which the kernels add too. A channel without a constant is one that no weight reads.
    """
    weights, parameters = layer.inputs[1], layer.parameters
    assert weights is not None
    assert weights.data is not None
    assert isinstance(parameters, conv_op.Parameters | connected_op.Parameters)
    distance = np.zeros(len(dropped), np.int64)
    for channel, value in constants.items():
        distance[channel] = value - parameters.input_zero
    if not distance.any():
        return node
    per_output = weights.data.astype(np.int64).reshape(weights.shape[0], -1, len(dropped)).sum(axis=1) @ distance
    old = layer.inputs[2]
    values = per_output if old is None or old.data is None else per_output + old.data.astype(np.int64)
    data = _frozen((values & 0xFFFF_FFFF).astype(np.uint32).view(np.int32))
    if old is not None:
        tensors[old.index] = replace(old, data=data)
        return node
    index = max(tensors) + 1
    name = "bias of constant channels"
    tensors[index] = Tensor(index=index, name=name, dtype=DType.INT32, shape=data.shape, data=data)
    return replace(node, inputs=(*node.inputs[:2], index))


def _frozen(data: NDArray[np.generic]) -> NDArray[np.generic]:
    data.flags.writeable = False
    return data
