# SPDX-License-Identifier: Apache-2.0
"""The shape of an operator's output from the shapes of its inputs, where the file has a guess for it.

Only for operators that networks with a free batch were seen to put behind such guesses: layer normalisations, and what
follows a Reshape or the UpSampling2D of Keras 3. Kernels check shapes again, whoever has found them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from harness.errors import UnsupportedModel
from harness.graph import Graph, Node, Tensor
from harness.ops._window import window

Shape = tuple[int, ...]

_KEEP_DIMS = 0  # fields of the schema's options: ReducerOptions.keep_dims
_CONCATENATION_AXIS = 0
_BEGIN_MASK, _END_MASK, *_ELLIPSIS_NEW_SHRINK, _OFFSET = range(6)  # StridedSliceOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An operator whose inputs have known shapes; ``numbers`` are those of its second input where it is constant."""

    node: Node
    graph: Graph
    inputs: Sequence[Tensor]
    numbers: tuple[int, ...]
    stored: Shape  # the output's, in the file

    @property
    def first(self) -> Shape:
        return self.inputs[0].shape


def shape_that_follows(node: Node, inputs: Sequence[Tensor], stored: Shape, graph: Graph) -> Shape | None:
    """Return the shape of the output of an operator; None for operators that are not followed, and senseless ones."""
    find = _RULES.get(node.op)
    constant = inputs[1].data if len(inputs) > 1 else None
    is_small = constant is not None and constant.dtype.kind == "i" and constant.size <= 2 * len(inputs[0].shape)
    numbers = tuple(int(n) for n in constant.reshape(-1)) if constant is not None and is_small else ()
    return find and find(Asked(node=node, graph=graph, inputs=inputs, numbers=numbers, stored=stored))


def _same(asked: Asked) -> Shape:
    return asked.first


def _broadcast(asked: Asked) -> Shape | None:
    try:
        return np.broadcast_shapes(*(tensor.shape for tensor in asked.inputs))
    except ValueError:
        return None


def _fill(asked: Asked) -> Shape | None:
    data = asked.inputs[0].data
    return None if data is None else tuple(int(n) for n in data.reshape(-1))


def _transpose(asked: Asked) -> Shape | None:
    if sorted(asked.numbers) != list(range(len(asked.first))):
        return None
    return tuple(asked.first[n] for n in asked.numbers)


def _reduced(asked: Asked) -> Shape | None:
    rank = len(asked.first)
    if not all(-rank <= n < rank for n in asked.numbers):
        return None
    axes = {n % rank for n in asked.numbers}
    if asked.node.options.boolean(_KEEP_DIMS):
        return tuple(1 if k in axes else extent for k, extent in enumerate(asked.first))
    return tuple(extent for k, extent in enumerate(asked.first) if k not in axes)


def _select(asked: Asked) -> Shape | None:
    return asked.inputs[1].shape if len(asked.inputs) == 3 else None


def _pad(asked: Asked) -> Shape | None:
    if len(asked.numbers) != 2 * len(asked.first):
        return None
    return tuple(extent + sum(asked.numbers[2 * k : 2 * k + 2]) for k, extent in enumerate(asked.first))


def _tile(asked: Asked) -> Shape | None:
    if len(asked.numbers) != len(asked.first):
        return None
    return tuple(extent * times for extent, times in zip(asked.first, asked.numbers, strict=True))


def _concatenation(asked: Asked) -> Shape | None:
    axis, rank = asked.node.options.integer(_CONCATENATION_AXIS), len(asked.first)
    if not -rank <= axis < rank or any(len(tensor.shape) != rank for tensor in asked.inputs):
        return None
    shape = list(asked.first)
    shape[axis] = sum(tensor.shape[axis] for tensor in asked.inputs)
    return tuple(shape)


def _strided_slice(asked: Asked) -> Shape | None:
    options, given = asked.node.options, [tensor.data for tensor in asked.inputs[1:]]
    if len(given) != 3 or any(options.integer(field) for field in _ELLIPSIS_NEW_SHRINK) or options.boolean(_OFFSET):
        return None
    begins, ends, strides = ([] if data is None else [int(n) for n in data.reshape(-1)] for data in given)
    if not 0 < len(begins) == len(ends) == len(strides) <= len(asked.first) or 0 in strides:
        return None
    shape = list(asked.first)
    for k, (begin, end, stride) in enumerate(zip(begins, ends, strides, strict=True)):
        first = None if options.integer(_BEGIN_MASK) >> k & 1 else begin
        last = None if options.integer(_END_MASK) >> k & 1 else end
        shape[k] = len(range(*slice(first, last, stride).indices(shape[k])))
    return tuple(shape)


def _convolution(asked: Asked) -> Shape | None:
    if len(asked.inputs) < 2 or len(asked.inputs[1].shape) != 4:
        return None
    _, height, width, _ = asked.inputs[1].shape
    return _slid(asked, (height, width))


def _slid(asked: Asked, filter_size: tuple[int, int] | None = None) -> Shape | None:
    """Return the shape behind a window that slides over height and width; channels are as the file says."""
    if len(asked.first) != 4 or len(asked.stored) != 4:
        return None
    size = asked.first[1], asked.first[2]
    try:
        sliding = window(asked.node, asked.graph, input_size=size, filter_size=filter_size)
    except UnsupportedModel:  # said again, to the user, where the layer is generated
        return None
    return (asked.first[0], sliding.height.output, sliding.width.output, asked.stored[3])


_RULES: Mapping[str, Callable[[Asked], Shape | None]] = {
    **dict.fromkeys(
        (
            *("ADD", "MUL", "SQUARED_DIFFERENCE", "SUB", "DIV", "MAXIMUM", "MINIMUM", "SELECT_V2"),
            *("EQUAL", "NOT_EQUAL", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL"),
        ),
        _broadcast,
    ),
    **dict.fromkeys(
        (
            *("RELU", "RELU6", "RELU_N1_TO_1", "LEAKY_RELU", "PRELU", "ELU", "HARD_SWISH", "GELU", "TANH", "LOGISTIC"),
            *("EXP", "ABS", "NEG", "SQUARE", "SQRT", "RSQRT", "LOG", "SOFTMAX", "QUANTIZE", "DEQUANTIZE", "CAST"),
            *("LOG_SOFTMAX", "L2_NORMALIZATION", "REVERSE_V2"),
        ),
        _same,
    ),
    "FILL": _fill,
    "TRANSPOSE": _transpose,
    **dict.fromkeys(("MEAN", "SUM", "REDUCE_MAX"), _reduced),
    "SELECT": _select,
    "PAD": _pad,
    "PADV2": _pad,
    "MIRROR_PAD": _pad,
    "TILE": _tile,
    "CONCATENATION": _concatenation,
    "STRIDED_SLICE": _strided_slice,
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _convolution,
    "AVERAGE_POOL_2D": _slid,
    "MAX_POOL_2D": _slid,
}
