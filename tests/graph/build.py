# SPDX-License-Identifier: Apache-2.0
"""Small graphs for the tests, by tensor numbers alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from harness.graph import DType, Graph, Node, Tensor
from harness.tflite.options import TableOptions

ABSENT = TableOptions(None)


def node_of(index: int, inputs: tuple[int, ...], outputs: tuple[int, ...], op: str = "ADD") -> Node:
    """Return an operator without options."""
    return Node(index=index, op=op, version=1, inputs=inputs, outputs=outputs, options=ABSENT)


def tensor_of(index: int, *, constant: bool = False, variable: bool = False) -> Tensor:
    """Return 10 bytes of int8."""
    data = np.arange(10, dtype=np.int8) if constant else None
    return Tensor(index=index, name=f"t{index}", dtype=DType.INT8, shape=(10,), data=data, is_variable=variable)


def graph_of(
    *nodes: Node,
    inputs: tuple[int, ...],
    outputs: tuple[int, ...],
    constants: tuple[int, ...] = (),
    variables: tuple[int, ...] = (),
    tensors: Mapping[int, Tensor] | None = None,
) -> Graph:
    """Return a graph whose tensors are those that its nodes and ports name; ``tensors`` replaces some of them."""
    numbers = {*inputs, *outputs, *constants, *variables}
    for node in nodes:
        numbers.update(node.inputs, node.outputs)
    made = {
        index: tensor_of(index, constant=index in constants, variable=index in variables)
        for index in sorted(numbers - {-1})
    }
    return Graph(
        name="g",
        model_sha256="0" * 64,
        tensors={**made, **(tensors or {})},
        nodes=nodes,
        inputs=inputs,
        outputs=outputs,
    )
