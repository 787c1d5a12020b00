# SPDX-License-Identifier: Apache-2.0
"""State of a model: resource variables become tensors that outlive an inference.

In the file a variable is a name. VAR_HANDLE makes a handle of it, READ_VARIABLE and ASSIGN_VARIABLE copy its values,
and CALL_ONCE runs a subgraph that assigns the first ones. All of this is known beforehand: here the handles are
followed to the names, and the subgraph to its constants, so that only the copies are left to run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.errors import UnsupportedModel
from harness.graph import Node, Tensor
from harness.tflite import schema
from harness.tflite.flat import MAX_NAME_BYTES, Field, Table
from harness.tflite.nodes import Call, read_calls
from harness.tflite.tensors import read_tensor

READ, ASSIGN = "READ_VARIABLE", "ASSIGN_VARIABLE"
_HANDLE, _ONCE = "VAR_HANDLE", "CALL_ONCE"
_CONSTANTS_HINT = "Give the model's variables constant initial values, such as zeros."


class Name(NamedTuple):
    """What tells one variable from another (schema, ``VarHandleOptions``)."""

    container: bytes
    shared_name: bytes


@dataclass(slots=True)
class State:
    """The variables of a model: by handle, the number of the tensor that stands for it, and its first values."""

    main: Table
    handles: dict[int, int] = field(default_factory=dict)
    initial: dict[int, NDArray[np.generic]] = field(default_factory=dict)
    _numbers: dict[Name, int] = field(default_factory=dict)
    _first: dict[Name, NDArray[np.generic]] = field(default_factory=dict)

    def handle(self, call: Call) -> None:
        """Note the handle that a VAR_HANDLE of the main subgraph makes."""
        handle, name = _read_handle(self.main, call)
        if handle in self.handles:
            raise _bad(call, f"{_HANDLE} writes tensor {handle}, which is written before")
        self.handles[handle] = self._numbers.setdefault(name, handle)
        if name in self._first:
            self.initial[self.handles[handle]] = self._first[name]

    def start(self, name: Name, values: NDArray[np.generic]) -> None:
        """Note the first values of a variable; a second assignment replaces them."""
        self._first[name] = values
        if name in self._numbers:
            self.initial[self._numbers[name]] = values


def separate_state(model: Table, main: Table, calls: Iterable[Call]) -> tuple[tuple[Node, ...], State]:
    """Return the nodes without CALL_ONCE and VAR_HANDLE, the others by their variable's tensor, and the state.

    A variable has the number of the first handle to it. ASSIGN_VARIABLE gets its variable as its output, too.
    """
    state = State(main=main)
    nodes: list[Node] = []
    called: set[int] = set()
    touched = False
    for call in calls:
        match call.node.op:
            case "VAR_HANDLE":
                state.handle(call)
            case "CALL_ONCE":
                if touched:
                    raise UnsupportedModel(
                        f"{_where(call)} stands after an operator that uses a variable", hint=_CONSTANTS_HINT
                    )
                _run_once(model, call, state, called)
            case "READ_VARIABLE" | "ASSIGN_VARIABLE":
                touched = True
                nodes.append(_on_variable(call, state))
            case _:
                used = {*call.node.inputs, *call.node.outputs, *call.node.intermediates}
                for handle in sorted(used & state.handles.keys()):
                    raise _bad(call, f"{call.node.op} uses tensor {handle}, which is the handle of a variable")
                nodes.append(call.node)
    return tuple(nodes), state


def variable_tensors(
    state: State, nodes: Sequence[Node], tensors: Mapping[int, Tensor], ports: Sequence[int]
) -> dict[int, Tensor]:
    """Return a tensor for each variable that is used: its type, shape and quantization are those of what it holds.

    Raises BadModel for one that is read before it has values, UnsupportedModel where the model disagrees on its shape.
    """
    name = state.main.file.name
    for handle in sorted(state.handles.keys() & set(ports)):
        raise UnsupportedModel(f"{name}: tensor {handle}, the handle of a variable, is an input or output of the model")
    found: dict[int, Tensor] = {}
    for node in nodes:
        if node.op not in (READ, ASSIGN):
            continue
        number = node.inputs[0]
        value = tensors.get(node.outputs[0] if node.op == READ else node.inputs[1])
        if value is None:
            continue  # left to the verifier
        initial = state.initial.get(number)
        if number not in found:
            if initial is None and node.op == READ:
                raise state.main.file.bad(
                    state.main.position,
                    state.main.what,
                    f"{READ} (operator {node.index}) reads a variable before any value is assigned to it",
                )
            found[number] = replace(value, index=number, data=None, is_variable=True, initial=initial, selection=None)
        kept = found[number]
        begins = (kept.dtype, kept.shape) if initial is None else (initial.dtype.name, initial.shape)
        if not (value.dtype, value.shape) == (kept.dtype, kept.shape) == begins:
            raise UnsupportedModel(
                f"{name}: {node.op} (operator {node.index}) takes variable {number} for {value.dtype} {value.shape},"
                f" elsewhere it is {kept.dtype} {kept.shape} or begins as {begins[0]} {begins[1]}",
                hint="Give each variable one shape and one type.",
            )
    return found


def _on_variable(call: Call, state: State) -> Node:
    node = call.node
    wanted = (1, 1) if node.op == READ else (2, 0)
    if (len(node.inputs), len(node.outputs)) != wanted:
        raise _bad(call, f"{node.op} must have {wanted[0]} inputs and {wanted[1]} outputs")
    if node.inputs[0] not in state.handles:
        raise _bad(call, f"{node.op} takes tensor {node.inputs[0]} for the handle of a variable, which it is not")
    others = {*node.inputs[1:], *node.outputs, *node.intermediates}
    if others & state.handles.keys():
        raise _bad(call, f"{node.op} takes the handle of a variable for its values")
    variable = state.handles[node.inputs[0]]
    outputs = node.outputs or (variable,)
    return replace(node, inputs=(variable, *node.inputs[1:]), outputs=outputs, intermediates=())


def _run_once(model: Table, call: Call, state: State, called: set[int]) -> None:
    """Note the values that the subgraph of a CALL_ONCE assigns; called a second time it does nothing."""
    options = call.table.table(schema.OPERATOR_BUILTIN_OPTIONS)
    number = 0 if options is None else options.integer(schema.CALL_ONCE_SUBGRAPH)
    if number == 0:
        raise _bad(call, f"{_ONCE} calls the main subgraph: it would never end")
    subgraph = model.item(schema.MODEL_SUBGRAPHS, number, f"subgraph {number}")
    if number in called:
        return
    called.add(number)
    for ports in (schema.SUBGRAPH_INPUTS, schema.SUBGRAPH_OUTPUTS):
        if subgraph.integers(ports):
            raise subgraph.file.bad(subgraph.position, subgraph.label(ports), f"{_ONCE} calls it without any")
    names: dict[int, Name] = {}
    for inner in read_calls(model, subgraph):
        match inner.node.op:
            case "VAR_HANDLE":
                handle, name = _read_handle(subgraph, inner)
                names[handle] = name
            case "ASSIGN_VARIABLE":
                if len(inner.node.inputs) != 2 or inner.node.inputs[0] not in names:
                    raise _bad(inner, f"{ASSIGN} must have the handle of a variable and a value")
                state.start(names[inner.node.inputs[0]], _constant(model, subgraph, inner))
            case _:
                raise UnsupportedModel(
                    f"{_where(inner)} of subgraph {number} computes what the model's variables begin with",
                    hint=_CONSTANTS_HINT,
                )


def _constant(model: Table, subgraph: Table, call: Call) -> NDArray[np.generic]:
    index = call.node.inputs[1]
    tensor = read_tensor(model, subgraph.item(schema.SUBGRAPH_TENSORS, index, f"tensor {index}"), index)
    if tensor.data is None:
        raise _bad(call, f"{ASSIGN} assigns tensor {index}, which is no constant")
    return tensor.data


def _read_handle(subgraph: Table, call: Call) -> tuple[int, Name]:
    """Return the tensor that a VAR_HANDLE writes, and the name of its variable."""
    node = call.node
    if node.inputs or len(node.outputs) != 1:
        raise _bad(call, f"{_HANDLE} must have no input and one output")
    tensor = subgraph.item(schema.SUBGRAPH_TENSORS, node.outputs[0], f"tensor {node.outputs[0]}")
    if tensor.integer(schema.TENSOR_TYPE, bits=8) != schema.RESOURCE:
        raise _bad(call, f"{_HANDLE} writes tensor {node.outputs[0]}, whose type is not RESOURCE")
    options = call.table.table(schema.OPERATOR_BUILTIN_OPTIONS)
    if options is None:
        return node.outputs[0], Name(b"", b"")
    container, shared_name = (
        _name(call, options, part) for part in (schema.VAR_HANDLE_CONTAINER, schema.VAR_HANDLE_SHARED_NAME)
    )
    return node.outputs[0], Name(container, shared_name)


def _name(call: Call, options: Table, part: Field) -> bytes:
    """Return a part of a name as it stands in the file: what is no text tells variables apart, too."""
    start, count = options.vector(part, 1) or (0, 0)
    if count > MAX_NAME_BYTES:
        raise UnsupportedModel(f"{_where(call)} has a name of {count} bytes; at most {MAX_NAME_BYTES} are supported")
    return options.file.data[start : start + count]


def _where(call: Call) -> str:
    return f"{call.table.file.name}: {call.node.op} (operator {call.node.index})"


def _bad(call: Call, problem: str) -> Exception:
    return call.table.file.bad(call.table.position, call.table.what, problem)
