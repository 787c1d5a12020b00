# SPDX-License-Identifier: Apache-2.0
"""Windows that slide over height and width: convolution and pooling.

Options: TensorFlow, ``tensorflow/compiler/mlir/lite/schema/schema.fbs`` (``Conv2DOptions`` and its like).
Padding: TensorFlow, ``tensorflow/lite/kernels/padding.h``; SAME puts the odd row or column at the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.graph import Graph, Node
from harness.ops._base import Number
from harness.ops._check import refuse

SAME = 0
VALID = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """Where an operator's options say how its window slides, and what is fused behind it; pairs: height, width."""

    padding: int = 0
    stride: tuple[int, int] = (2, 1)
    dilation: tuple[int, int] | None = None
    filter: tuple[int, int] | None = None  # of a pool; a convolution has weights
    activation: int = 3


_POOL = Fields(filter=(4, 3), activation=5)
FIELDS: Mapping[str, Fields] = {
    "AVERAGE_POOL_2D": _POOL,
    "CONV_2D": Fields(dilation=(5, 4)),
    "DEPTHWISE_CONV_2D": Fields(dilation=(6, 5), activation=4),
    "MAX_POOL_2D": _POOL,
    "TRANSPOSE_CONV": Fields(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One direction of a window: extents, step, spacing of taps, padding before the first element."""

    input: int
    output: int
    filter: int
    stride: int
    dilation: int
    pad: int

    @property
    def padded(self) -> bool:
        """Whether any window reaches beyond the input."""
        reach = (self.output - 1) * self.stride + (self.filter - 1) * self.dilation + 1
        return self.pad > 0 or reach - self.pad > self.input


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A window in both directions."""

    height: Axis
    width: Axis

    @property
    def padded(self) -> bool:
        return self.height.padded or self.width.padded

    def numbers(self) -> dict[str, Number]:
        """Return the numbers that templates use."""
        numbers: dict[str, Number] = {"padded": self.padded}
        for name, axis in (("height", self.height), ("width", self.width)):
            numbers |= {
                f"input_{name}": axis.input,
                f"output_{name}": axis.output,
                f"filter_{name}": axis.filter,
                f"stride_{name}": axis.stride,
                f"dilation_{name}": axis.dilation,
                f"pad_{name}": axis.pad,
                f"padded_{name}": axis.padded,
            }
        return numbers


def window(
    node: Node,
    graph: Graph,
    *,
    input_size: tuple[int, int],
    filter_size: tuple[int, int] | None = None,
) -> Window:
    """Compute output extents and padding, (height, width); the options of a pool say its ``filter_size``.

    Raises UnsupportedModel for senseless options.
    """
    fields = FIELDS[node.op]
    padding = node.options.integer(fields.padding, bits=8)
    stride = _pair(node, fields.stride)
    dilation = _pair(node, fields.dilation, default=1) if fields.dilation else (1, 1)
    filters = filter_size or (_pair(node, fields.filter) if fields.filter else (1, 1))
    if padding not in {SAME, VALID}:
        raise refuse(node, graph, f"its padding has the unknown number {padding}")
    if min(*stride, *dilation, *filters) < 1:
        raise refuse(node, graph, "its strides, dilations and filter extents must be at least 1")
    height, width = (
        _axis(padding, extent, taps, step, spacing)
        for extent, taps, step, spacing in zip(input_size, filters, stride, dilation, strict=True)
    )
    if min(height.output, width.output) < 1:
        raise refuse(node, graph, "its window is larger than its input")
    return Window(height=height, width=width)


def _pair(node: Node, fields: tuple[int, int], default: int = 0) -> tuple[int, int]:
    return node.options.integer(fields[0], default), node.options.integer(fields[1], default)


def _axis(padding: int, extent: int, taps: int, stride: int, dilation: int) -> Axis:
    reach = (taps - 1) * dilation + 1
    output = -(-extent // stride) if padding == SAME else (extent - reach + stride) // stride
    pad = max((output - 1) * stride + reach - extent, 0) // 2
    return Axis(input=extent, output=output, filter=taps, stride=stride, dilation=dilation, pad=pad)
