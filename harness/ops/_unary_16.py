# SPDX-License-Identifier: Apache-2.0
"""Functions of one int16 input: a table with straight lines between its nodes, or a multiplication for each sign."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable

import numpy as np

from harness.graph import Graph, Node
from harness.ops._base import Constant
from harness.ops._check import refuse
from harness.ops._quantized import INT16_MAX, INT16_MIN, Multiplier
from harness.ops._table_16 import Reals, interpolated, sigmoid_nodes
from harness.ops._unary import Affine, Sixteen, Sixteens, ratio, stored

_SIGMOID_OUTPUT = 1.0 / 32768.0
_INTEGER_BITS = 3  # of the input of the sigmoid's table, where its scale is a power of two
_NODES_TO_ONE = 4096.0 * 3.0


def looked_up_16(function: Callable[[Reals, Affine], Reals]) -> Sixteens:
    """Return how to interpolate a real function, given in single precision; it also gets the output's quantization."""

    def sixteen(node: Node, graph: Graph, source: Affine, output: Affine) -> Sixteen:
        del node, graph
        nodes = interpolated(lambda x: function(x, output), np.float32(source.scale), np.float32(output.scale))
        return Sixteen(
            numbers={"kind": "table"},
            constants=(Constant(name="nodes", values=nodes, role="table"),),
            helpers=("look_up_s16",),
        )

    return sixteen


def in_double(function: Callable[[Reals], Reals]) -> Callable[[Reals], Reals]:
    """Return a function of single precision that is computed in double and rounded."""
    return lambda x: np.asarray(function(x.astype(np.float64)), dtype=np.float32)


def of_the_host(name: str, instead: Callable[[float], float]) -> Callable[[Reals], Reals]:
    """Return a function of the C library in single precision, which the reference calls too: last bits depend on it.

    Where the library is not to be had, ``instead`` is computed in double and rounded.
    """

    def function(x: Reals) -> Reals:
        try:
            found = getattr(ctypes.CDLL(None), name)
        except (OSError, TypeError, AttributeError):
            return np.array([instead(value) for value in x.tolist()], dtype=np.float32)
        found.restype, found.argtypes = ctypes.c_float, [ctypes.c_float]
        return np.array([found(value) for value in x.tolist()], dtype=np.float32)

    return function


def scaled_16(
    positive: Multiplier,
    negative: Multiplier,
    *,
    low: int = INT16_MIN,
    high: int = INT16_MAX,
    magnitude: bool = False,
) -> Sixteen:
    """Return a multiplication, by one number from zero up and another below; of the magnitude where that is asked."""
    return Sixteen(
        numbers={
            "kind": "scaled",
            "positive_multiplier": positive.value,
            "positive_shift": positive.shift,
            "negative_multiplier": negative.value,
            "negative_shift": negative.shift,
            "magnitude": magnitude,
            "low": low,
            "high": high,
        },
        helpers=("requantize", "clamp_s16"),
    )


def relu_16(low: float, high: float | None) -> Sixteens:
    """Return how to compute a clamp between two reals, as ``relu_answers`` for int8."""

    def sixteen(node: Node, graph: Graph, source: Affine, output: Affine) -> Sixteen:
        del node, graph
        multiplier = ratio(source.scale, output.scale)
        lowest = max(INT16_MIN, stored(low, output))
        highest = INT16_MAX if high is None else min(INT16_MAX, stored(high, output))
        return scaled_16(multiplier, multiplier, low=lowest, high=highest)

    return sixteen


def sigmoid_16(kind: str, shifts: range) -> Sixteens:
    """Return how to compute ``logistic`` or ``tanh``: both look up one table, by thirds of 1/4096.

    A scale that is a power of two, and within ``shifts`` of 1/4096, is multiplied exactly; any other is rounded down to
    16 bits. Source: TensorFlow, ``tensorflow/lite/kernels/activations.cc`` (``TanhPrepare``, ``SigmoidPrepare``).
    """

    def sixteen(node: Node, graph: Graph, source: Affine, output: Affine) -> Sixteen:
        if output.scale != _SIGMOID_OUTPUT:
            raise refuse(node, graph, "its output must have the scale 1/32768")
        power = power_of_two(source.scale)
        multiplier, shift = 0, 0
        if power is not None and 15 - _INTEGER_BITS + power in shifts:
            multiplier = 3 << (15 - _INTEGER_BITS + power)
        else:
            real = source.scale * _NODES_TO_ONE
            while real <= 32767.0 / 2.0 and shift <= 30:
                real *= 2.0
                shift += 1
            multiplier = int(real)
        if not 0 < multiplier <= 65535:
            raise refuse(node, graph, f"its input's scale {source.scale:g} is out of range", "Quantize it again.")
        return Sixteen(
            numbers={"kind": kind, "multiplier": multiplier, "shift": shift},
            constants=(Constant(name="nodes", values=sigmoid_nodes().astype(np.int32), role="table"),),
        )

    return sixteen


def power_of_two(scale: float) -> int | None:
    """Return the exponent of a scale that the reference takes for a power of two: within a thousandth of its logarithm.

    Source: TensorFlow, ``tensorflow/lite/kernels/internal/quantization_util.cc`` (``CheckedLog2``).
    """
    exponent = np.log(np.float32(scale)) * (np.float32(1.0) / np.log(np.float32(2.0)))
    nearest = math.floor(abs(float(exponent)) + 0.5) * (1 if exponent >= 0 else -1)
    return nearest if abs(float(exponent) - nearest) < 1e-3 else None
