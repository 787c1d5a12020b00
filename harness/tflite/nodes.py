# SPDX-License-Identifier: Apache-2.0
"""Operators of a ``.tflite`` file: from tables to nodes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from harness.errors import UnsupportedModel
from harness.graph import Node
from harness.tflite import schema
from harness.tflite.flat import Table
from harness.tflite.operators import BUILTIN_OPERATORS, OPTIONS_TYPE, SUBGRAPH_OPERATORS
from harness.tflite.options import TableOptions

_MOST_SHOWN = 4  # tensors, and dimensions of one, in a message
_LOOPS = frozenset({"WHILE", "STABLEHLO_WHILE"})
_LOOP_HINT = (
    "A recurrent layer (GRU, LSTM, RNN) becomes a loop: fix the batch at 1 and set unroll=True in the layer,"
    " then convert again."
)
_BUILTIN_ALONE = "Only TFLite's builtin operators have kernels: convert with TFLITE_BUILTINS alone."
_COMPILED = "The file was compiled for an accelerator: give the one that its compiler was given."
_CUSTOM_HINTS = (  # by the beginning of the operator's name
    ("edgetpu-custom-op", _COMPILED),
    ("ethos-u", _COMPILED),
    ("XC_", _COMPILED),
    (
        "TFLite_Detection_PostProcess",
        "Export the detector without its post-processing, and do that in your application.",
    ),
)


class Call(NamedTuple):
    """An operator of a subgraph, with its table."""

    table: Table
    node: Node


def read_calls(model: Table, subgraph: Table) -> Iterator[Call]:
    """Yield the operators of a subgraph in order. Raises UnsupportedModel for one that no runtime here can have."""
    codes: dict[int, tuple[str, int]] = {}
    for index, operator in enumerate(subgraph.tables(schema.SUBGRAPH_OPERATORS, "operator")):
        yield Call(table=operator, node=_read_node(index, operator, model, subgraph, codes))


def _read_node(index: int, operator: Table, model: Table, subgraph: Table, codes: dict[int, tuple[str, int]]) -> Node:
    code = operator.integer(schema.OPERATOR_OPCODE_INDEX, signed=False)
    if code not in codes:
        codes[code] = _read_code(model.item(schema.MODEL_OPERATOR_CODES, code, f"operator code {code}"))
    op, version = codes[code]
    if op in SUBGRAPH_OPERATORS:
        tensors = " -> ".join(
            _shown(subgraph, operator.integers(ports) or ())
            for ports in (schema.OPERATOR_INPUTS, schema.OPERATOR_OUTPUTS)
        )
        raise UnsupportedModel(
            f"{model.file.name}: {op} (operator {index}, {tensors}) runs another subgraph of the file",
            hint=_LOOP_HINT if op in _LOOPS else "Convert the model without control flow.",
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


def _shown(subgraph: Table, indices: tuple[int, ...]) -> str:
    """Return types and shapes of tensors for a message, of the first few."""
    shown: list[str] = []
    for index in indices[:_MOST_SHOWN]:
        if index == -1:
            shown.append("none")
            continue
        tensor = subgraph.item(schema.SUBGRAPH_TENSORS, index, f"tensor {index}")
        number = tensor.integer(schema.TENSOR_TYPE, bits=8)
        kind = schema.TENSOR_TYPES[number].lower() if 0 <= number < len(schema.TENSOR_TYPES) else f"type {number}"
        shape = (tensor.integers(schema.TENSOR_SHAPE) or ())[:_MOST_SHOWN]
        shown.append(f"{kind} {'x'.join(str(extent) for extent in shape) or 'scalar'}")
    more = ["..."] if len(indices) > _MOST_SHOWN else []
    return f"[{', '.join((*shown, *more))}]"


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
            hint=next((hint for start, hint in _CUSTOM_HINTS if custom.startswith(start)), _BUILTIN_ALONE),
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
