# SPDX-License-Identifier: Apache-2.0
"""What holds in every graph, checked after reading and between passes."""

from __future__ import annotations

from harness.errors import BadModel
from harness.graph.model import Graph


def verify(graph: Graph) -> Graph:
    """Return the graph unchanged if it is well formed: every tensor exists, is written once and before it is read.

    Raises BadModel, naming the node and the tensor.
    """
    written = {index for index, tensor in graph.tensors.items() if tensor.data is not None or tensor.is_variable}
    written |= set(graph.inputs)
    for index in (*graph.inputs, *graph.outputs):
        if index not in graph.tensors:
            raise BadModel(f"{graph.name}: tensor {index} is an input or output of the model but does not exist")
    for node in graph.nodes:
        where = f"{graph.name}: {node.op} (operator {node.index})"
        for index in node.inputs:
            if index == -1:
                continue
            if index not in graph.tensors:
                raise BadModel(f"{where} reads tensor {index}, which does not exist")
            if index not in written:
                raise BadModel(f"{where} reads tensor {index} before it is written")
        for index in node.outputs:
            if index not in graph.tensors:
                raise BadModel(f"{where} writes tensor {index}, which does not exist")
            if index in written:
                raise BadModel(f"{where} writes tensor {index}, which is a constant, an input or written before")
            written.add(index)
    for index in graph.outputs:
        if index not in written:
            raise BadModel(f"{graph.name}: output tensor {index} is never written")
    return graph
