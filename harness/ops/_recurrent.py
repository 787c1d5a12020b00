# SPDX-License-Identifier: Apache-2.0
"""Operands of a recurrent layer with gates: which are there, and whether their shapes and types agree.

Positions of the inputs: TensorFlow, ``tensorflow/lite/kernels/lstm_shared.h``.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.graph import DType, Graph, Node, Tensor
from harness.ops._check import constant, expect_shape, refuse

GATES = 4  # input, forget, cell, output: in this order everywhere
_INPUT_WEIGHTS, _RECURRENT_WEIGHTS, _BIASES = 1, 5, 12
_OUTPUT_STATE, _CELL_STATE = 18, 19
_ABSENT = {
    9: "peephole weights",
    10: "peephole weights",
    11: "peephole weights",
    16: "a projection",
    17: "a projection",
    20: "layer normalization",
    21: "layer normalization",
    22: "layer normalization",
    23: "layer normalization",
}
_PLAIN_HINT = "Use the LSTM layer of Keras as it is, with its default activations."
# By the types of input and weights: the signature, and the types of biases, output state and cell state.
_TYPES = {
    (DType.FLOAT32, DType.FLOAT32): ("f32", DType.FLOAT32, DType.FLOAT32, DType.FLOAT32),
    (DType.FLOAT32, DType.INT8): ("hybrid", DType.FLOAT32, DType.FLOAT32, DType.FLOAT32),
    (DType.INT8, DType.INT8): ("s8s8", DType.INT32, DType.INT8, DType.INT16),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """The operands of a layer of long short-term memory; weights and biases by gate."""

    source: Tensor
    input_weights: tuple[Tensor, ...]
    recurrent_weights: tuple[Tensor, ...]
    biases: tuple[Tensor, ...]
    output_state: Tensor
    cell_state: Tensor
    output: Tensor
    signature: str
    steps: int
    batch: int
    time_major: bool

    @property
    def inputs(self) -> int:
        return self.source.shape[2]

    @property
    def cells(self) -> int:
        return self.output.shape[2]


def read_cell(node: Node, graph: Graph, *, time_major: bool) -> Cell:
    """Return the operands of a plain layer: four gates, one output a cell. Raises UnsupportedModel for all others."""
    found = [None if index == -1 else graph.tensor(index) for index in node.inputs]
    if len(found) not in (20, 24) or len(node.outputs) != 1:
        raise refuse(node, graph, "it must have 20 or 24 inputs and one output")
    found += [None] * (24 - len(found))
    for position, what in _ABSENT.items():
        if found[position] is not None:
            raise refuse(node, graph, f"{what} cannot be generated", _PLAIN_HINT)
    if found[_INPUT_WEIGHTS] is None or found[_RECURRENT_WEIGHTS] is None:
        raise refuse(node, graph, "an input gate coupled to the forget gate cannot be generated", _PLAIN_HINT)
    source, output = found[0], graph.tensor(node.outputs[0])
    if source is None or any(found[k] is None for k in (*range(1, 9), *range(12, 16), _OUTPUT_STATE, _CELL_STATE)):
        raise refuse(node, graph, "its input, a weight, a bias or a state is missing")
    if len(source.shape) != 3 or len(output.shape) != 3:
        raise refuse(node, graph, "its input and output must have three dimensions")
    present = [tensor for tensor in found if tensor is not None]
    assert len(present) == 15
    input_weights, recurrent_weights, biases = present[1:5], present[5:9], present[9:13]
    steps, batch = source.shape[:2] if time_major else source.shape[1::-1]
    cell = Cell(
        source=source,
        input_weights=tuple(input_weights),
        recurrent_weights=tuple(recurrent_weights),
        biases=tuple(biases),
        output_state=present[13],
        cell_state=present[14],
        output=output,
        signature=_signature(node, graph, source, input_weights[0]),
        steps=steps,
        batch=batch,
        time_major=time_major,
    )
    _check(node, graph, cell)
    return cell


def _signature(node: Node, graph: Graph, source: Tensor, weights: Tensor) -> str:
    types = _TYPES.get((source.dtype, weights.dtype))
    if types is None:
        raise refuse(node, graph, "its input and weights must be int8, float32, or float32 and int8")
    return types[0]


def _check(node: Node, graph: Graph, cell: Cell) -> None:
    _, bias_type, output_type, cell_type = _TYPES[cell.source.dtype, cell.input_weights[0].dtype]
    weight_type = cell.input_weights[0].dtype
    expect_shape(node, graph, cell.output, (*cell.source.shape[:2], cell.cells), "output")
    if cell.source.data is not None:
        raise refuse(node, graph, "its input is a constant")
    for tensors, shape, dtype, what in (
        (cell.input_weights, (cell.cells, cell.inputs), weight_type, "input weights"),
        (cell.recurrent_weights, (cell.cells, cell.cells), weight_type, "recurrent weights"),
        (cell.biases, (cell.cells,), bias_type, "biases"),
    ):
        for tensor in tensors:
            constant(node, graph, tensor, what)
            expect_shape(node, graph, tensor, shape, what)
            if tensor.dtype is not dtype:
                raise refuse(node, graph, f"its {what} must be {dtype}")
    for state, dtype, what in ((cell.output_state, output_type, "output"), (cell.cell_state, cell_type, "cell")):
        if not state.is_variable:
            raise refuse(node, graph, f"its {what} state must be a variable")
        if state.elements != cell.batch * cell.cells or state.dtype is not dtype:
            raise refuse(node, graph, f"its {what} state must be {dtype} with {cell.batch * cell.cells} elements")
    if cell.output.dtype is not output_type:
        raise refuse(node, graph, f"its output must be {output_type}")
    if cell.output_state.index == cell.cell_state.index:
        raise refuse(node, graph, "its states must be two variables")
