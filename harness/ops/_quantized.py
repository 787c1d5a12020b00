# SPDX-License-Identifier: Apache-2.0
"""Arithmetic of quantized operators, as the TFLite reference kernels define it.

Multipliers: TensorFlow, ``tensorflow/lite/kernels/internal/quantization_util.cc`` (``QuantizeMultiplier``).
Real scales are single precision in the file; where a kernel widens them before it multiplies is part of the result.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from harness.graph import DType, Graph, Node, Tensor
from harness.ops._base import Constant, Number
from harness.ops._check import refuse

INT8_MIN = -128
INT8_MAX = 127
INT16_MIN = -(1 << 15)
INT16_MAX = (1 << 15) - 1
FLOAT_MAX = float(np.finfo(np.float32).max)
MAX_TAPS = 65_536  # products of one output: more could overflow 32 bits


class Activation(IntEnum):
    """Fused activations of the schema (``ActivationFunctionType``)."""

    NONE = 0
    RELU = 1
    RELU_N1_TO_1 = 2
    RELU6 = 3
    TANH = 4
    SIGN_BIT = 5


_ENDS = {
    DType.UINT8: (0, 255),
    DType.INT16: (INT16_MIN, INT16_MAX),
    DType.INT32: (-(1 << 31), (1 << 31) - 1),
}
_REAL_RANGE = {
    Activation.NONE: (None, None),
    Activation.RELU: (0.0, None),
    Activation.RELU_N1_TO_1: (-1.0, 1.0),
    Activation.RELU6: (0.0, 6.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Multiplier:
    """A positive real as ``value * 2**(shift - 31)``, ``value`` 0 or in [2**30, 2**31); shift > 0 is to the left."""

    value: int
    shift: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Lowest and highest output, after the fused activation, in the output's own numbers."""

    low: int | float
    high: int | float

    def numbers(self) -> dict[str, Number]:
        """Return the numbers that templates use."""
        return {"low": self.low, "high": self.high}


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputStage:
    """How a layer's sums become its outputs: zero points and multipliers are those of int8 and 16x8 layers."""

    range: Range
    input_zero: int = 0
    output_zero: int = 0
    multipliers: tuple[Multiplier, ...] = ()

    def numbers(self) -> dict[str, Number]:
        """Return the numbers that templates use of an int8 layer's outputs."""
        return {"output_zero": self.output_zero} | self.range.numbers()


def quantize_multiplier(real: float) -> Multiplier:
    """Split a real number >= 0 into a 31-bit multiplier and a power of two; below 2**-32 it becomes zero.

    Raises ArithmeticError where it is not finite.
    """
    if not math.isfinite(real):
        raise ArithmeticError(f"a multiplier of {real}")
    if real == 0.0:
        return Multiplier(value=0, shift=0)
    fraction, shift = math.frexp(real)
    value = math.floor(fraction * (1 << 31) + 0.5)
    if value == 1 << 31:
        value //= 2
        shift += 1
    return Multiplier(value=0, shift=0) if shift < -31 else Multiplier(value=value, shift=shift)


def checked_multiplier(node: Node, graph: Graph, real: float) -> Multiplier:
    """Quantize the ratio of scales of an operator. Raises UnsupportedModel where it is out of all proportion."""
    if not (math.isfinite(real) and real >= 0.0):
        raise refuse(node, graph, f"the ratio of its scales is {real}", "Quantize the model again.")
    multiplier = quantize_multiplier(real)
    if multiplier.shift > 30:
        raise refuse(node, graph, f"the ratio of its scales, {real:g}, is too large", "Quantize the model again.")
    return multiplier


def ends(dtype: DType) -> tuple[int, int]:
    """Return the lowest and the highest number of a quantized type, which is int8 where it is no other."""
    return _ENDS.get(dtype, (INT8_MIN, INT8_MAX))


def per_tensor(node: Node, graph: Graph, tensor: Tensor, *, symmetric: bool = True) -> tuple[float, int]:
    """Return the scale and zero point of an activation; with ``symmetric`` the zero point of int16 must be 0.

    The scale is 0 where a recurrent layer's initial state is nothing but zeros. Raises UnsupportedModel where there is
    no one such.
    """
    q = tensor.quantization
    if q is None or len(q.scales) != 1 or len(q.zero_points) != 1:
        raise refuse(node, graph, f"tensor {tensor.index} must have one scale and one zero point")
    scale, zero = q.scales[0], q.zero_points[0]
    low, high = ends(tensor.dtype)
    if not (math.isfinite(scale) and scale >= 0.0) or not low <= zero <= high:
        raise refuse(node, graph, f"tensor {tensor.index} has the scale {scale} and the zero point {zero}")
    if symmetric and tensor.dtype is DType.INT16 and zero != 0:
        raise refuse(node, graph, f"tensor {tensor.index} is int16 and must have the zero point 0, not {zero}")
    return scale, zero


def weight_scales(node: Node, graph: Graph, weights: Tensor, *, axis: int) -> tuple[float, ...]:
    """Return one scale, or one per output channel along ``axis``, of symmetric int8 weights."""
    q = weights.quantization
    channels = weights.shape[axis]
    if q is None or len(q.scales) not in {1, channels} or (len(q.scales) > 1 and q.axis != axis):
        raise refuse(node, graph, f"its weights must have one scale, or one for each of the {channels} channels")
    if any(zero != 0 for zero in q.zero_points):
        raise refuse(node, graph, "its weights must be symmetric (zero point 0)", "Quantize the model again, to int8.")
    if not all(math.isfinite(scale) and scale >= 0.0 for scale in q.scales):
        raise refuse(node, graph, "a scale of its weights is negative or not a number")
    return q.scales


def channel_multipliers(
    node: Node, graph: Graph, source: Tensor, weights: Tensor, output: Tensor, *, axis: int
) -> tuple[Multiplier, ...]:
    """Return one multiplier, or one per output channel along ``axis``, from the sums of a convolution to its output."""
    input_scale, _ = per_tensor(node, graph, source)
    output_scale, _ = per_tensor(node, graph, output)
    scales = weight_scales(node, graph, weights, axis=axis)
    return tuple(checked_multiplier(node, graph, input_scale * scale / output_scale) for scale in scales)


def activation(node: Node, graph: Graph, code: int) -> Activation:
    """Return the fused activation. Raises UnsupportedModel for those that have no integer range."""
    names = {member.value: member for member in Activation}
    found = names.get(code)
    if found is None or found not in _REAL_RANGE:
        name = found.name if found is not None else f"number {code}"
        raise refuse(
            node,
            graph,
            f"its fused activation {name} is not supported",
            "Use NONE, RELU, RELU6 or RELU_N1_TO_1, or a separate activation layer.",
        )
    return found


def output_range(node: Node, graph: Graph, fused: Activation, output: Tensor) -> Range:
    """Return the range of an output after its fused activation; without one a float is finite, as in the reference."""
    low, high = _REAL_RANGE[fused]
    if output.dtype is DType.FLOAT32:
        return Range(low=-FLOAT_MAX if low is None else low, high=FLOAT_MAX if high is None else high)
    scale, zero = per_tensor(node, graph, output)

    def quantized(real: float) -> int:
        with np.errstate(over="ignore"):
            steps = float(np.float32(real) / np.float32(scale))
        if abs(steps) > 2**30:
            raise refuse(node, graph, f"its output's scale {scale:g} is too small for its fused activation")
        return zero + int(math.copysign(math.floor(abs(steps) + 0.5), steps))

    lowest, highest = ends(output.dtype)
    return Range(
        low=lowest if low is None else max(lowest, quantized(low)),
        high=highest if high is None else min(highest, quantized(high)),
    )


def requantization(
    multipliers: Sequence[Multiplier], *, rounded_once: bool = False
) -> tuple[dict[str, Number], tuple[Constant, ...]]:
    """Return what a template needs to requantize: numbers where all channels agree, else one table each.

    The reference's convolutions round twice, after the product and after the shift; its matrix products round once.
    ``requantize`` names the helper, which also says how the shifts are counted.
    """
    if rounded_once:
        helper, shifts = "requantize_once", [31 - m.shift for m in multipliers]
    elif all(m.shift < 0 for m in multipliers):
        helper, shifts = "requantize_right", [-m.shift - 1 for m in multipliers]
    else:
        helper, shifts = "requantize", [m.shift for m in multipliers]
    numbers: dict[str, Number] = {"requantize": helper, "per_channel": len(set(multipliers)) > 1}
    if not numbers["per_channel"]:
        return numbers | {"multiplier": multipliers[0].value, "shift": shifts[0]}, ()
    return numbers, (
        Constant(name="multipliers", values=np.array([m.value for m in multipliers], np.int32), role="requantization"),
        Constant(name="shifts", values=np.array(shifts, np.int8), role="requantization"),
    )


def reduced_requantization(
    multipliers: Sequence[Multiplier],
) -> tuple[dict[str, Number], tuple[Constant, ...]]:
    """Return the same for sums of 64 bits, whose multipliers the reference cuts to 16 bits; they are rounded once.

    Source: TensorFlow, ``tensorflow/lite/kernels/internal/common.cc`` (``MultiplyByQuantizedMultiplier``).
    """
    values = [min((m.value + (1 << 15)) >> 16, 32767) for m in multipliers]
    shifts = [15 - m.shift for m in multipliers]
    numbers: dict[str, Number] = {"requantize": "requantize_s64", "per_channel": len(set(multipliers)) > 1}
    if not numbers["per_channel"]:
        return numbers | {"multiplier": values[0], "shift": shifts[0]}, ()
    return numbers, (
        Constant(name="multipliers", values=np.array(values, np.int32), role="requantization"),
        Constant(name="shifts", values=np.array(shifts, np.int8), role="requantization"),
    )


def fold_offset(
    bias: NDArray[np.int32] | None, weights_by_channel: NDArray[np.int8], offset: int
) -> NDArray[np.int32] | None:
    """Return the bias with ``offset * sum(weights)`` of each channel added, in 32 bits; None where nothing remains."""
    total = weights_by_channel.astype(np.int64).sum(axis=1) * offset
    if bias is not None:
        total = total + bias.astype(np.int64)
    folded = (total & 0xFFFF_FFFF).astype(np.uint32).view(np.int32)
    return folded if folded.any() else None
