# SPDX-License-Identifier: Apache-2.0
"""Checks that operators share: what they refuse is named with its operator, its number and its tensor types."""

from __future__ import annotations

from collections.abc import Sequence

from harness.errors import UnsupportedModel
from harness.graph import DType, Graph, Node, Tensor

_SHAPE_HINT = "Convert the model with a fixed input shape (batch 1): with a free batch the file has guesses for sizes."
_MOST_OF_A_NAME = 60
_CONVERTERS_NAMES = ("StatefulPartitionedCall", "PartitionedCall", "serving_default")  # of inputs and outputs
_INT16_HINT = "Convert the model to int8, or replace this layer."
_CONVERT_HINT = (
    "Convert the model to full int8 (inference_input_type and inference_output_type int8) or leave it in float32."
)


def refuse(node: Node, graph: Graph, why: str, hint: str = "") -> UnsupportedModel:
    """Return the error that says why an operator cannot be generated, with types and shapes and the layer's name."""
    shown = ", ".join(_describe(graph, index) for index in node.inputs)
    results = ", ".join(_describe(graph, index) for index in node.outputs)
    named = _layer_of(node, graph)
    where = f"operator {node.index} of the model, [{shown}] -> [{results}]{named and f', layer {named}'}"
    return UnsupportedModel(f"{node.op} version {node.version} ({where}): {why}", hint=hint)


def operands(node: Node, graph: Graph, *, minimum: int, maximum: int) -> tuple[Tensor | None, ...]:
    """Return the input tensors, padded with None to ``maximum``; the first ``minimum`` must be there."""
    found = [None if index == -1 else graph.tensor(index) for index in node.inputs]
    if not minimum <= len(found) <= maximum or any(tensor is None for tensor in found[:minimum]):
        raise refuse(node, graph, f"it must have {minimum} to {maximum} inputs")
    if len(node.outputs) != 1:
        raise refuse(node, graph, "it must have one output")
    for tensor in (*found, graph.tensor(node.outputs[0])):
        if tensor is not None and any(extent < 1 for extent in tensor.shape):
            raise refuse(
                node, graph, "a dimension is empty or unknown", "Convert the model with a fixed input shape (batch 1)."
            )
    return (*found, *(None,) * (maximum - len(found)))


def all_operands(node: Node, graph: Graph) -> list[Tensor]:
    """Return the inputs of an operator that takes any number of them, none of which may be missing; one at least."""
    count = max(1, len(node.inputs))
    found = operands(node, graph, minimum=count, maximum=count)
    return [tensor for tensor in found if tensor is not None]


def version_at_most(node: Node, graph: Graph, newest: int) -> None:
    """Refuse a version of the operator newer than the one that its module knows."""
    if node.version > newest:
        raise refuse(
            node,
            graph,
            f"versions up to {newest} are supported",
            "Convert the model without the newer feature that raised the version.",
        )


def signature(node: Node, graph: Graph, *tensors: Tensor | None, wide: bool = False) -> str:
    """Return ``s8s8`` or ``f32`` where all tensors that are given are of that type, with ``wide`` also ``s16s8``.

    Raises UnsupportedModel.
    """
    types = {tensor.dtype for tensor in tensors if tensor is not None}
    known = {DType.INT8: "s8s8", DType.FLOAT32: "f32"} | ({DType.INT16: "s16s8"} if wide else {})
    if len(types) == 1 and types <= set(known):
        return known[types.pop()]
    if types == {DType.INT16}:
        raise refuse(node, graph, "the reference kernels have it in int8 and float32 only, not in int16", _INT16_HINT)
    names = "all int8, all int16 or all float32" if wide else "all int8 or all float32"
    raise refuse(node, graph, f"its types must be {names}{_odd(tensors)}", _CONVERT_HINT)


def _odd(tensors: Sequence[Tensor | None]) -> str:
    """Name the tensor that stayed in floats where others are integers: the layer to look at."""
    present = [tensor for tensor in tensors if tensor is not None]
    floats = [tensor for tensor in present if tensor.dtype is DType.FLOAT32]
    if not floats or len(floats) == len(present):
        return ""
    return f"; tensor {floats[0].index} {_name(floats[0])} was left in float32"


def weighted_signature(node: Node, graph: Graph, source: Tensor, weights: Tensor, output: Tensor) -> str:
    """Return ``signature``'s answer for an operator with weights: int8 beside int16, and maybe beside float32.

    The latter is ``hybrid``: the input is quantized when the layer runs. Raises UnsupportedModel.
    """
    types = (source.dtype, weights.dtype, output.dtype)
    if types == (DType.FLOAT32, DType.INT8, DType.FLOAT32):
        return "hybrid"
    if types == (DType.INT16, DType.INT8, DType.INT16):
        return "s16s8"
    return signature(node, graph, source, weights, output)


def constant(node: Node, graph: Graph, tensor: Tensor, what: str) -> Tensor:
    """Return the tensor if its values are in the file. Raises UnsupportedModel."""
    if tensor.data is None:
        raise refuse(node, graph, f"its {what} must be constant, not computed at run time")
    return tensor


def computed(node: Node, graph: Graph, tensor: Tensor) -> Tensor:
    """Return the tensor if it is computed at run time. Raises UnsupportedModel for a constant."""
    if tensor.data is not None:
        raise refuse(node, graph, "its input is a constant", "Let the converter fold operators on constants.")
    return tensor


def expect_shape(node: Node, graph: Graph, tensor: Tensor, shape: Sequence[int], what: str) -> None:
    """Refuse a tensor whose shape is not what follows from the others."""
    if tensor.shape != tuple(shape):
        raise refuse(node, graph, f"its {what} must have shape {tuple(shape)}", _SHAPE_HINT)


def _layer_of(node: Node, graph: Graph) -> str:
    """Return the name of an output, or of an input where the converter has called the model's own outputs otherwise."""
    for index in (*node.outputs, *node.inputs):
        tensor = graph.tensors.get(index)
        if tensor is not None and tensor.name and not tensor.name.startswith(_CONVERTERS_NAMES):
            return _name(tensor)
    return ""


def _name(tensor: Tensor) -> str:
    """Return a tensor's name, which begins with that of its layer in Keras, as a message can hold it."""
    return repr(tensor.name[:_MOST_OF_A_NAME]) if tensor.name else ""


def _describe(graph: Graph, index: int) -> str:
    if index not in graph.tensors:
        return "none"
    tensor = graph.tensors[index]
    return f"{tensor.dtype.value} {'x'.join(str(extent) for extent in tensor.shape) or 'scalar'}"


def check_bias(node: Node, graph: Graph, bias: Tensor | None, channels: int, kind: str) -> None:
    """Refuse a convolution's bias that is not one constant for each channel, in the type of its sums."""
    if bias is None:
        return
    constant(node, graph, bias, "bias")
    expect_shape(node, graph, bias, (channels,), "bias")
    if bias.dtype is not (DType.INT32 if kind == "s8s8" else DType.FLOAT32):
        raise refuse(node, graph, "its bias must be int32 for int8, float32 for float32")
