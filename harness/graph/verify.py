# SPDX-License-Identifier: Apache-2.0
"""What holds in every graph, checked after reading and between passes."""

from __future__ import annotations

from math import isfinite

from harness.errors import BadModel
from harness.graph.model import DType, Graph, Node, Quantization, Tensor

# Values that a quantized type can hold; a zero point is one of them.
_RANGES = {
    DType.INT8: (-128, 127),
    DType.UINT8: (0, 255),
    DType.INT16: (-(2**15), 2**15 - 1),
    DType.INT32: (-(2**31), 2**31 - 1),
}
# Operators whose output may be a variable: all others write tensors that nothing else does.
_WRITE_VARIABLES = frozenset({"ASSIGN_VARIABLE"})


def verify(graph: Graph) -> Graph:
    """Return the graph unchanged if it is well formed: every tensor exists, is written once and before it is read.

    Shapes are positive, constants as large as their shapes, quantizations as long as their axis, nodes in the order of
    their numbers. Raises BadModel, naming the node and the tensor.
    """
    filled = {index for node in graph.nodes if node.op == "FILL" for index in node.outputs}
    for index, tensor in graph.tensors.items():
        _check_tensor(graph, index, tensor, copied=index in filled)
    written = {index for index, tensor in graph.tensors.items() if tensor.data is not None or tensor.is_variable}
    _check_ports(graph, written)
    written |= set(graph.inputs)
    previous = -1
    for node in graph.nodes:
        if node.index <= previous:
            raise BadModel(f"{graph.name}: operator {node.index} stands after operator {previous}")
        previous = node.index
        _check_node(graph, node, written)
    for index in graph.outputs:
        if index not in written:
            raise BadModel(f"{graph.name}: output tensor {index} is never written")
    return graph


def _check_ports(graph: Graph, constants: set[int]) -> None:
    for role, ports in (("input", graph.inputs), ("output", graph.outputs)):
        for index in ports:
            if index not in graph.tensors:
                raise BadModel(f"{graph.name}: tensor {index} is an {role} of the model but does not exist")
        if len(set(ports)) != len(ports):
            raise BadModel(f"{graph.name}: a tensor is listed twice among the {role}s of the model")
    for index in graph.inputs:
        if index in constants:
            raise BadModel(f"{graph.name}: input tensor {index} is a constant or a variable")


def _check_node(graph: Graph, node: Node, written: set[int]) -> None:
    where = f"{graph.name}: {node.op} (operator {node.index})"
    for index in node.inputs:
        if index == -1:
            continue
        if index not in graph.tensors:
            raise BadModel(f"{where} reads tensor {index}, which does not exist")
        if index not in written:
            raise BadModel(f"{where} reads tensor {index} before it is written")
    for index in node.intermediates:
        if index != -1 and index not in graph.tensors:
            raise BadModel(f"{where} has the intermediate tensor {index}, which does not exist")
    if not node.outputs:
        raise BadModel(f"{where} has no output")
    for index in node.outputs:
        if index not in graph.tensors:
            raise BadModel(f"{where} writes tensor {index}, which does not exist")
        if graph.tensors[index].is_variable and (node.op in _WRITE_VARIABLES or _widens_constant(graph, node)):
            continue
        if index in written:
            raise BadModel(f"{where} writes tensor {index}, which is a constant, an input or written before")
        written.add(index)


def _widens_constant(graph: Graph, node: Node) -> bool:
    """Tell how a model of half-precision weights sets the first value of a variable."""
    source = graph.tensors.get(node.inputs[0]) if node.op == "DEQUANTIZE" and node.inputs else None
    return source is not None and source.data is not None and source.dtype is DType.FLOAT16


def _check_tensor(graph: Graph, index: int, tensor: Tensor, *, copied: bool) -> None:
    problem = ""
    if tensor.index != index:
        problem = f"stands in the place of tensor {index}"
    elif any(size <= 0 for size in tensor.shape):
        problem = f"has the shape {tensor.shape}"
    elif tensor.quantization is not None:
        problem = _quantization_problem(tensor, tensor.quantization, zero_is_fine=copied or tensor.data is not None)
    if not problem and tensor.data is not None:
        problem = _data_problem(tensor)
    if not problem and tensor.initial is not None:
        problem = _initial_problem(tensor)
    if problem:
        raise BadModel(f"{graph.name}: tensor {tensor.index} ({tensor.name[:60]!r}) {problem}")


def _data_problem(tensor: Tensor) -> str:
    assert tensor.data is not None
    if tensor.is_variable:
        return "is a variable and a constant"
    if tensor.data.dtype.name != tensor.dtype or tensor.data.shape != tensor.shape:
        held = f"{tensor.data.dtype.name} {tensor.data.shape}"
        return f"is {tensor.dtype} {tensor.shape} but its data are {held}"
    return ""


def _initial_problem(tensor: Tensor) -> str:
    assert tensor.initial is not None
    if not tensor.is_variable:
        return "has initial values but is no variable"
    if tensor.initial.dtype.name != tensor.dtype or tensor.initial.shape != tensor.shape:
        held = f"{tensor.initial.dtype.name} {tensor.initial.shape}"
        return f"is {tensor.dtype} {tensor.shape} but its initial values are {held}"
    return ""


def _quantization_problem(tensor: Tensor, quantization: Quantization, *, zero_is_fine: bool) -> str:
    scales, zero_points, axis = quantization.scales, quantization.zero_points, quantization.axis
    if not scales or len(scales) != len(zero_points):
        return f"has {len(scales)} scales and {len(zero_points)} zero points"
    if len(scales) > 1 and not (0 <= axis < len(tensor.shape) and tensor.shape[axis] == len(scales)):
        return f"has {len(scales)} scales along axis {axis} of the shape {tensor.shape}"
    # The scale 0 is that of a channel of weights which are all zero, or of the initial state of an unrolled recurrent
    # layer in 16x8, which FILL copies. What any other kernel writes is divided by its scale.
    if not all(isfinite(scale) and (scale > 0 or (scale == 0 and zero_is_fine)) for scale in scales):
        return "has a scale that is negative, zero or not finite"
    low, high = _RANGES.get(tensor.dtype, (-(2**63), 2**63 - 1))
    if not all(low <= zero_point <= high for zero_point in zero_points):
        return f"has a zero point that {tensor.dtype} cannot hold"
    return ""
