# SPDX-License-Identifier: Apache-2.0
"""When each tensor of a graph is needed, and the buffers that follow from it.

A step is a node's position in the graph. The inputs are there before step 0, the outputs are read after the last step.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from harness.graph import Graph, Node
from harness.memory.request import BufferRequest

_NONE: Mapping[int, tuple[int, ...]] = MappingProxyType({})
_NO_BYTES: Mapping[int, int] = MappingProxyType({})


class Lifetime(NamedTuple):
    """First and last step in which a tensor is needed, both included."""

    first: int
    last: int


def lifetimes(graph: Graph) -> dict[int, Lifetime]:
    """Return the lifetime of every tensor that is no constant, by its number, in the order of their beginnings.

    Inputs live from step 0 to their last use, outputs from where they are written to the end, variables throughout:
    they outlive the inference.
    """
    end = max(len(graph.nodes) - 1, 0)
    found = {index: Lifetime(0, 0) for index in graph.inputs}
    for step, node in enumerate(graph.nodes):
        for index in node.inputs:
            if index in found:
                found[index] = Lifetime(found[index].first, step)
        for index in node.outputs:
            found[index] = Lifetime(step, step)
        for index in (*node.inputs, *node.outputs):
            if index != -1 and graph.tensor(index).is_variable:
                found[index] = Lifetime(0, end)
    for index, (first, _) in found.items():
        if index in graph.outputs:
            found[index] = Lifetime(first, end)
    return found


def buffer_requests(
    graph: Graph,
    *,
    alignment: int = 4,
    scratch_bytes: Mapping[int, int] = _NO_BYTES,
    in_place: Mapping[int, tuple[int, ...]] = _NONE,
    overlap: Mapping[int, int] = _NO_BYTES,
) -> tuple[BufferRequest, ...]:
    """Return the buffers of a graph: its tensors by lifetime, then the scratch that single nodes need.

    All mappings go by the operator's number in the model file: ``scratch_bytes`` to bytes, ``in_place`` to the
    positions of inputs that its kernel may write its first output over, ``overlap`` to the distance from which that may
    overlap the first input. Both are passed on where the input dies there and is no variable and no output of the
    model, and where the node reads it at no other position.
    """
    lives = lifetimes(graph)
    partners = {
        node.outputs[0]: _partners(graph, lives, step, node, in_place[node.index])
        for step, node in enumerate(graph.nodes)
        if node.outputs and node.index in in_place
    }
    overlapped = {
        node.outputs[0]: tuple((name, overlap[node.index]) for name in _partners(graph, lives, step, node, (0,)))
        for step, node in enumerate(graph.nodes)
        if node.outputs and node.index in overlap
    }
    tensors = tuple(
        BufferRequest(
            name=tensor_buffer(index),
            size_bytes=graph.tensor(index).size_bytes,
            first=first,
            last=last,
            alignment=alignment,
            may_share_with=partners.get(index, ()),
            may_overlap=overlapped.get(index, ()),
        )
        for index, (first, last) in lives.items()
    )
    scratch = tuple(
        BufferRequest(
            name=scratch_buffer(node.index),
            size_bytes=scratch_bytes[node.index],
            first=step,
            last=step,
            alignment=alignment,
        )
        for step, node in enumerate(graph.nodes)
        if scratch_bytes.get(node.index, 0) > 0
    )
    return tensors + scratch


def tensor_buffer(index: int) -> str:
    """Return the name of a tensor's buffer."""
    return f"tensor_{index}"


def scratch_buffer(node_index: int) -> str:
    """Return the name of an operator's scratch."""
    return f"scratch_{node_index}"


def _partners(
    graph: Graph, lives: Mapping[int, Lifetime], step: int, node: Node, positions: tuple[int, ...]
) -> tuple[str, ...]:
    kept = {index for position, index in enumerate(node.inputs) if position not in positions}
    dying = [
        node.inputs[position]
        for position in positions
        if position < len(node.inputs) and node.inputs[position] in lives and lives[node.inputs[position]].last == step
    ]
    return tuple(
        tensor_buffer(index)
        for index in dict.fromkeys(dying)
        if index not in kept and index not in graph.outputs and not graph.tensor(index).is_variable
    )
