# SPDX-License-Identifier: Apache-2.0
"""Compute shapes once, on the host.

A model with a free batch dimension is converted to SHAPE, STRIDED_SLICE and PACK before each RESHAPE, and a dense layer
over several dimensions to SHAPE, GATHER, REDUCE_PROD and CONCATENATION. Shapes are known here, so that the results are
constants and the nodes superfluous.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import prod

import numpy as np
from numpy.typing import NDArray

from harness.graph import DType, Graph, Node, Tensor

_Values = NDArray[np.generic]
_INTEGERS = (DType.INT32, DType.INT64)
# Fields of the schema's StridedSliceOptions.
_BEGIN_MASK, _END_MASK, _ELLIPSIS_MASK, _NEW_AXIS_MASK, _SHRINK_AXIS_MASK, _OFFSET = range(6)
_PACK_AXIS = 1  # PackOptions.axis
_GATHER_AXIS, _GATHER_BATCH_DIMS = range(2)  # GatherOptions
_CONCATENATION_AXIS, _CONCATENATION_ACTIVATION = range(2)  # ConcatenationOptions
_KEEP_DIMS = 0  # ReducerOptions.keep_dims
_LARGEST = 2**31 - 1  # that an int32 of the interpreter holds


def fold_shapes(graph: Graph) -> Graph:
    """Return the graph with the outputs of shape computations as constants; a shape that is not understood stays.

    Outputs of the model are left alone: they must be computed where they are read.
    """
    tensors = dict(graph.tensors)
    kept: list[Node] = []
    for node in graph.nodes:
        values = _fold(node, tensors)
        output = tensors[node.outputs[0]] if len(node.outputs) == 1 else None
        if values is None or output is None or output.index in graph.outputs or not _matches(values, output):
            kept.append(node)
            continue
        tensors[output.index] = replace(output, data=_constant(values, output.dtype))
    return replace(graph, nodes=tuple(kept), tensors=tensors)


def _matches(values: _Values, output: Tensor) -> bool:
    return output.dtype in _INTEGERS and values.shape == output.shape and output.quantization is None


def _constant(values: _Values, dtype: DType) -> _Values:
    data = np.array(values, dtype=dtype.value)
    data.flags.writeable = False
    return data


def _fold(node: Node, tensors: Mapping[int, Tensor]) -> _Values | None:
    fold = _FOLDS.get(node.op)
    if fold is None or -1 in node.inputs or not node.inputs:
        return None
    return fold(node, tuple(tensors[index] for index in node.inputs))


def _fold_shape(_node: Node, inputs: tuple[Tensor, ...]) -> _Values | None:
    return None if inputs[0].free else np.array(inputs[0].shape, dtype=np.int64)


def _fold_strided_slice(node: Node, inputs: tuple[Tensor, ...]) -> _Values | None:
    vectors = [_vector(tensor) for tensor in inputs]
    if len(vectors) != 4 or any(vector is None for vector in vectors):
        return None
    if any(node.options.integer(mask) for mask in (_ELLIPSIS_MASK, _NEW_AXIS_MASK)) or node.options.boolean(_OFFSET):
        return None
    source, begin, end, stride = (vector for vector in vectors if vector is not None)
    if not begin.shape == end.shape == stride.shape == (1,) or stride[0] <= 0:
        return None
    first = None if node.options.integer(_BEGIN_MASK) & 1 else int(begin[0])
    if node.options.integer(_SHRINK_AXIS_MASK) & 1:
        index = first or 0
        return np.array(source[index]) if -source.size <= index < source.size else None
    stop = None if node.options.integer(_END_MASK) & 1 else int(end[0])
    return source[first : stop : int(stride[0])]


def _fold_pack(node: Node, inputs: tuple[Tensor, ...]) -> _Values | None:
    scalars = [tensor.data for tensor in inputs if tensor.data is not None and tensor.shape == ()]
    if len(scalars) != len(inputs) or node.options.integer(_PACK_AXIS) != 0:
        return None
    return np.array(scalars, dtype=np.int64)


def _fold_gather(node: Node, inputs: tuple[Tensor, ...]) -> _Values | None:
    vectors = [_vector(tensor) for tensor in inputs]
    if len(vectors) != 2 or node.options.integer(_GATHER_AXIS) or node.options.integer(_GATHER_BATCH_DIMS):
        return None
    source, indices = vectors
    if source is None or indices is None or not all(0 <= int(index) < source.size for index in indices):
        return None
    return np.array([source[int(index)] for index in indices], dtype=np.int64)


def _fold_reduce_prod(node: Node, inputs: tuple[Tensor, ...]) -> _Values | None:
    source = _vector(inputs[0])
    axes = inputs[1].data if len(inputs) == 2 and inputs[1].dtype in _INTEGERS else None
    if source is None or axes is None or {int(axis) for axis in axes.reshape(-1)} - {0, -1} or not axes.size:
        return None
    product = prod(int(size) for size in source)
    if abs(product) > _LARGEST:
        return None
    return np.array([product] if node.options.boolean(_KEEP_DIMS) else product)


def _fold_concatenation(node: Node, inputs: tuple[Tensor, ...]) -> _Values | None:
    vectors = [vector for tensor in inputs if (vector := _vector(tensor)) is not None]
    if len(vectors) != len(inputs) or node.options.integer(_CONCATENATION_AXIS) not in (0, -1):
        return None
    return None if node.options.integer(_CONCATENATION_ACTIVATION, bits=8) else np.concatenate(vectors)


def _fold_reshape(_node: Node, inputs: tuple[Tensor, ...]) -> _Values | None:
    source = inputs[0].data if inputs[0].dtype in _INTEGERS else None
    wanted = _vector(inputs[1]) if len(inputs) == 2 else None
    if source is None or source.size != 1 or wanted is None or wanted.tolist() not in ([1], [-1]):
        return None
    return source.reshape(1)


def _vector(tensor: Tensor) -> _Values | None:
    return tensor.data if tensor.dtype in _INTEGERS and len(tensor.shape) == 1 else None


_FOLDS: Mapping[str, Callable[[Node, tuple[Tensor, ...]], _Values | None]] = {
    "SHAPE": _fold_shape,
    "STRIDED_SLICE": _fold_strided_slice,
    "PACK": _fold_pack,
    "GATHER": _fold_gather,
    "REDUCE_PROD": _fold_reduce_prod,
    "CONCATENATION": _fold_concatenation,
    "RESHAPE": _fold_reshape,
}
