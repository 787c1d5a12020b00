# SPDX-License-Identifier: Apache-2.0
"""Operators that only move elements: slices, transpositions, concatenations, padding.

An array is seen as one vector of offsets for each axis; an element lies at the sum of one offset of each. Taking,
turning and permuting act on these vectors, so that any of these operators is a copy from one view to another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from harness.graph import DType, Graph, Node, Tensor
from harness.ops._base import Layer
from harness.ops._check import expect_shape, refuse

Vector = NDArray[np.int64]
View = tuple[Vector, ...]

SIGNATURES = {DType.INT8: "s8s8", DType.INT16: "s16s8", DType.INT32: "s32", DType.FLOAT32: "f32"}
MAX_MOVES = 64  # each is a loop of its own in the generated code


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A copy of every element of ``source`` in one tensor to the same place of ``target`` in another."""

    source: View
    target: View
    from_input: int = 0  # position among the layer's inputs
    to_output: int = 0  # position among the layer's outputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """All copies of a layer; ``fill`` is written to its whole first output beforehand."""

    moves: tuple[Move, ...]
    fill: int | float | None = None


def dense(shape: Sequence[int]) -> View:
    """Return the view of a whole array in row-major order."""
    return tuple(
        np.arange(extent, dtype=np.int64) * prod(shape[axis + 1 :]) for axis, extent in enumerate(tuple(shape))
    )


def take(view: View, axis: int, indices: slice | Sequence[int] | NDArray[np.int64]) -> View:
    """Return a view with some elements of an axis: a slice of it, or those with the given indices."""
    chosen = view[axis][indices if isinstance(indices, slice) else np.asarray(indices, dtype=np.int64)]
    return (*view[:axis], chosen, *view[axis + 1 :])


def split(view: View, axis: int, inner: int) -> View:
    """Return a view with one axis as two, the inner one of ``inner`` elements."""
    rows = view[axis].reshape(-1, inner)
    return (*view[:axis], rows[:, 0], rows[0] - rows[0, 0], *view[axis + 1 :])


def moved_type(node: Node, graph: Graph, *tensors: Tensor) -> str:
    """Return the signature of tensors that must all have one type. Raises UnsupportedModel."""
    types = {tensor.dtype for tensor in tensors}
    if len(types) != 1 or not types <= set(SIGNATURES):
        raise refuse(node, graph, "its tensors must be all int8, int16, int32 or float32", "Quantize all or none.")
    return SIGNATURES[types.pop()]


def same_quantization(node: Node, graph: Graph, *tensors: Tensor) -> None:
    """Refuse quantized tensors that differ in scale or zero point: the reference kernel refuses them too."""
    found = {
        (tensor.quantization.scales, tensor.quantization.zero_points) if tensor.quantization is not None else None
        for tensor in tensors
        if tensor.dtype in {DType.INT8, DType.INT16}
    }
    if len(found) > 1:
        raise refuse(
            node,
            graph,
            "all its tensors must have the same scale and zero point",
            "Convert the model again with a newer converter, which rescales beforehand.",
        )


def several(node: Node, graph: Graph) -> tuple[Tensor, ...]:
    """Return the outputs of an operator that may have several."""
    return tuple(graph.tensor(index) for index in node.outputs)


def integers(node: Node, graph: Graph, tensor: Tensor | None, what: str) -> tuple[int, ...]:
    """Return the values of a constant int32 or int64 tensor, in order. Raises UnsupportedModel."""
    if tensor is None or tensor.data is None:
        raise refuse(node, graph, f"its {what} must be constant, not computed at run time")
    if tensor.dtype not in {DType.INT32, DType.INT64}:
        raise refuse(node, graph, f"its {what} must be int32 or int64")
    return tuple(int(value) for value in tensor.data.reshape(-1).tolist())


def one_integer(node: Node, graph: Graph, tensor: Tensor | None, what: str) -> int:
    """Return the value of a constant that must be one integer. Raises UnsupportedModel."""
    values = integers(node, graph, tensor, what)
    if len(values) != 1:
        raise refuse(node, graph, f"its {what} must be one number, not {len(values)}")
    return values[0]


def inputs_of(node: Node, graph: Graph, count: int) -> tuple[Tensor, ...]:
    """Return the inputs of an operator that must have exactly ``count``. Raises UnsupportedModel."""
    found = [graph.tensor(index) for index in node.inputs if index != -1]
    if len(found) != count or len(node.inputs) != count:
        raise refuse(node, graph, f"it must have {count} inputs")
    return tuple(found)


def padding_pairs(node: Node, graph: Graph, source: Tensor, paddings: Tensor) -> tuple[tuple[int, int], ...]:
    """Return the elements before and after each dimension. Raises UnsupportedModel."""
    values = integers(node, graph, paddings, "list of paddings")
    if len(values) != 2 * len(source.shape) or min(values, default=0) < 0:
        raise refuse(node, graph, "it must have two paddings, none negative, for each dimension")
    return tuple(zip(values[::2], values[1::2], strict=True))


def padding_moves(node: Node, graph: Graph, source: Tensor, paddings: Tensor, output: Tensor) -> tuple[Move, ...]:
    """Return the copy of an input into the middle of the output. Raises UnsupportedModel."""
    pairs = padding_pairs(node, graph, source, paddings)
    shape = [before + extent + after for extent, (before, after) in zip(source.shape, pairs, strict=True)]
    expect_shape(node, graph, output, shape, "output")
    target = dense(shape)
    for axis, (before, _) in enumerate(pairs):
        target = take(target, axis, slice(before, before + source.shape[axis]))
    return (Move(source=dense(source.shape), target=target),)


def split_moves(
    node: Node, graph: Graph, source: Tensor, outputs: Sequence[Tensor], axis: int, *, position: int = 0
) -> tuple[Move, ...]:
    """Return the copies of parts along an axis, one for each output. Raises UnsupportedModel."""
    moves, start = [], 0
    for number, output in enumerate(outputs):
        if len(output.shape) != len(source.shape):
            raise refuse(node, graph, f"output {number} must have as many dimensions as the input")
        end = start + output.shape[axis]
        part = (*source.shape[:axis], output.shape[axis], *source.shape[axis + 1 :])
        expect_shape(node, graph, output, part, f"output {number}")
        if end > source.shape[axis]:
            break
        view = take(dense(source.shape), axis, slice(start, end))
        moves.append(Move(source=view, target=dense(output.shape), from_input=position, to_output=number))
        start = end
    if len(moves) != len(outputs) or start != source.shape[axis]:
        raise refuse(node, graph, f"its outputs do not fill dimension {axis} of the input")
    return tuple(moves)


def axis_of(node: Node, graph: Graph, axis: int, rank: int) -> int:
    """Return an axis counted from the front. Raises UnsupportedModel where there is no such."""
    if not -rank <= axis < rank:
        raise refuse(node, graph, f"its axis {axis} must lie between {-rank} and {rank - 1}")
    return axis % rank


def zero_of(tensor: Tensor) -> int:
    """Return what stands for zero in a tensor: its zero point, or 0."""
    return tensor.quantization.zero_points[0] if tensor.quantization is not None else 0


def moving_layer(
    node: Node,
    inputs: Sequence[Tensor | None],
    outputs: Sequence[Tensor],
    kind: str,
    moves: Sequence[Move],
    *,
    fill: int | float | None = None,
) -> Layer:
    """Return the layer of an operator that copies."""
    parameters = Parameters(moves=tuple(moves), fill=fill)
    return Layer(node=node, inputs=tuple(inputs), outputs=tuple(outputs), signature=kind, parameters=parameters)


def gather_moves(node: Node, graph: Graph, view: View, output: Tensor, *, position: int = 0) -> tuple[Move, ...]:
    """Return the one copy that writes a view of an input to the whole output. Raises UnsupportedModel."""
    elements = prod(len(vector) for vector in view)
    if elements != output.elements:
        raise refuse(node, graph, f"its output must have {elements} elements")
    return (Move(source=view, target=dense([len(vector) for vector in view]), from_input=position),)
