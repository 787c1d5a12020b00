# SPDX-License-Identifier: Apache-2.0
"""Drop what no output of the model depends on."""

from __future__ import annotations

from dataclasses import replace

from harness.graph import Graph, Node


def drop_unused(graph: Graph) -> Graph:
    """Return the graph without nodes whose outputs nobody needs, and without tensors that no node touches.

    A node that reads a variable stays: its kernel may change the state, which later inferences see.
    """
    needed = set(graph.outputs)
    kept: list[Node] = []
    for node in reversed(graph.nodes):
        stateful = any(index != -1 and graph.tensor(index).is_variable for index in node.inputs)
        if stateful or needed.intersection(node.outputs):
            kept.append(node)
            needed.update(node.inputs)
    touched = {*graph.inputs, *graph.outputs}
    for node in kept:
        touched.update(node.inputs, node.outputs, node.intermediates)
    tensors = {index: tensor for index, tensor in graph.tensors.items() if index in touched}
    return replace(graph, nodes=tuple(reversed(kept)), tensors=tensors)
