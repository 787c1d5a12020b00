# SPDX-License-Identifier: Apache-2.0
"""From the bytes of a ``.tflite`` file to a verified graph."""

from __future__ import annotations

import hashlib

from harness.errors import UnsupportedModel
from harness.graph import Graph, Node, Tensor, verify
from harness.tflite import schema
from harness.tflite.flat import FlatFile, Table
from harness.tflite.operators import BUILTIN_OPERATORS, OPTIONS_TYPE, SUBGRAPH_OPERATORS
from harness.tflite.options import TableOptions
from harness.tflite.tensors import read_tensor


def read_model(data: bytes, *, name: str) -> Graph:
    """Read a model's main subgraph: the nodes in order, and the tensors that they, the inputs and the outputs use.

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
    nodes = _read_nodes(model, main)
    tensors = _read_tensors(model, main, inputs, outputs, nodes)
    for index in outputs:
        if index in tensors and tensors[index].data is not None:
            raise UnsupportedModel(f"{name}: output tensor {index} is a constant: there is nothing to compute")
    sha256 = hashlib.sha256(data).hexdigest()
    return verify(Graph(name=name, model_sha256=sha256, tensors=tensors, nodes=nodes, inputs=inputs, outputs=outputs))


def _read_nodes(model: Table, main: Table) -> tuple[Node, ...]:
    operators = main.tables(schema.SUBGRAPH_OPERATORS, "operator")
    codes: dict[int, tuple[str, int]] = {}
    return tuple(_read_node(index, operator, model, codes) for index, operator in enumerate(operators))


def _read_node(index: int, operator: Table, model: Table, codes: dict[int, tuple[str, int]]) -> Node:
    code = operator.integer(schema.OPERATOR_OPCODE_INDEX, signed=False)
    if code not in codes:
        codes[code] = _read_code(model.item(schema.MODEL_OPERATOR_CODES, code, f"operator code {code}"))
    op, version = codes[code]
    if op in SUBGRAPH_OPERATORS:
        raise UnsupportedModel(
            f"{model.file.name}: {op} (operator {index}) runs another subgraph of the file",
            hint="Convert the model without control flow and without resource variables.",
        )
    return Node(
        index=index,
        op=op,
        version=version,
        inputs=operator.integers(schema.OPERATOR_INPUTS) or (),
        outputs=operator.integers(schema.OPERATOR_OUTPUTS) or (),
        intermediates=operator.integers(schema.OPERATOR_INTERMEDIATES) or (),
        options=_read_options(operator, op),
    )


def _read_code(table: Table) -> tuple[str, int]:
    # Codes above 126 stand in the newer field alone, those below in the older too (schema, OperatorCode).
    code = max(
        table.integer(schema.OPERATOR_CODE_DEPRECATED_BUILTIN_CODE, bits=8),
        table.integer(schema.OPERATOR_CODE_BUILTIN_CODE),
    )
    if code < 0:
        raise table.file.bad(table.position, table.what, f"the builtin operator has the negative number {code}")
    if code >= len(BUILTIN_OPERATORS):
        raise UnsupportedModel(f"{table.file.name}: builtin operator {code} is newer than this release knows")
    op = BUILTIN_OPERATORS[code]
    if op == "CUSTOM":
        custom = table.text(schema.OPERATOR_CODE_CUSTOM_CODE)[:60]
        raise UnsupportedModel(
            f"{table.file.name}: the custom operator {custom!r} is not supported",
            hint="Only TFLite's builtin operators have kernels: convert with TFLITE_BUILTINS alone.",
        )
    return op, table.integer(schema.OPERATOR_CODE_VERSION, 1)


def _read_options(operator: Table, op: str) -> TableOptions:
    kind = operator.integer(schema.OPERATOR_BUILTIN_OPTIONS_TYPE, bits=8, signed=False)
    if kind == 0:
        return TableOptions(operator.table(schema.OPERATOR_BUILTIN_OPTIONS_2))
    expected = OPTIONS_TYPE[op]
    if expected not in (0, kind):
        problem = f"{op} carries options of type {kind} instead of {expected}"
        raise operator.file.bad(operator.position, operator.what, problem)
    return TableOptions(operator.table(schema.OPERATOR_BUILTIN_OPTIONS))


def _read_tensors(
    model: Table, main: Table, inputs: tuple[int, ...], outputs: tuple[int, ...], nodes: tuple[Node, ...]
) -> dict[int, Tensor]:
    used = {*inputs, *outputs}
    for node in nodes:
        used.update(node.inputs, node.outputs, node.intermediates)
    count = main.count(schema.SUBGRAPH_TENSORS)
    # A number that stands for no tensor is left to the verifier, which knows who uses it and how.
    return {
        index: read_tensor(model, main.item(schema.SUBGRAPH_TENSORS, index, f"tensor {index}"), index)
        for index in sorted(used)
        if 0 <= index < count
    }
