# SPDX-License-Identifier: Apache-2.0
"""From the bytes of a ``.tflite`` file to a verified graph."""

from __future__ import annotations

import hashlib

from harness.errors import UnsupportedModel
from harness.graph import Graph, Node, Tensor, verify
from harness.tflite import schema
from harness.tflite.flat import FlatFile, Table
from harness.tflite.nodes import read_calls
from harness.tflite.state import State, separate_state, variable_tensors
from harness.tflite.tensors import read_bare_tensor, read_tensor


def read_model(data: bytes, *, name: str) -> Graph:
    """Read a model: the nodes of its main subgraph in order, and the tensors that they, the inputs and the outputs use.

    Variables are tensors among them; the subgraph that gives them their first values is followed here.

    Constants are read-only views of ``data``; beyond them, what is made takes less than 100 MB whatever the file says.
    Raises BadModel, with the byte and what was being read there, for a damaged file, and UnsupportedModel for a sound
    one that holds a type, an operator or a structure that no runtime here can run. Layout: schema of TFLite, version 3.
    """
    file = FlatFile(data, name)
    model = file.root(schema.FILE_IDENTIFIER, "model")
    version = model.integer(schema.MODEL_VERSION, signed=False)
    if version != schema.SCHEMA_VERSION:
        raise UnsupportedModel(f"{name}: its schema has version {version}, not {schema.SCHEMA_VERSION}")
    main = model.item(schema.MODEL_SUBGRAPHS, 0, "main subgraph")
    inputs = main.integers(schema.SUBGRAPH_INPUTS) or ()
    outputs = main.integers(schema.SUBGRAPH_OUTPUTS) or ()
    if not outputs:
        raise file.bad(main.position, main.what, "the model has no output")
    if len(set(outputs)) != len(outputs):
        raise UnsupportedModel(f"{name}: a tensor is listed twice among the model's outputs")
    nodes, state = separate_state(model, main, read_calls(model, main))
    tensors = _read_tensors(model, main, (*inputs, *outputs), nodes, state)
    tensors |= variable_tensors(state, nodes, tensors, (*inputs, *outputs))
    for index in outputs:
        if index in tensors and tensors[index].data is not None:
            raise UnsupportedModel(f"{name}: output tensor {index} is a constant: there is nothing to compute")
    sha256 = hashlib.sha256(data).hexdigest()
    return verify(Graph(name=name, model_sha256=sha256, tensors=tensors, nodes=nodes, inputs=inputs, outputs=outputs))


def _read_tensors(
    model: Table, main: Table, ports: tuple[int, ...], nodes: tuple[Node, ...], state: State
) -> dict[int, Tensor]:
    used = {*ports}
    for node in nodes:
        used.update(node.inputs, node.outputs)
    bare = {index for node in nodes for index in node.intermediates} - used
    count = main.count(schema.SUBGRAPH_TENSORS)
    # A number that stands for no tensor is left to the verifier, which knows who uses it and how.
    return {
        index: (read_bare_tensor if index in bare else read_tensor)(
            model, main.item(schema.SUBGRAPH_TENSORS, index, f"tensor {index}"), index
        )
        for index in sorted(used | bare)
        if 0 <= index < count and index not in state.handles
    }
