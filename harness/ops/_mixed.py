# SPDX-License-Identifier: Apache-2.0
"""Int8 weights beside activations of another type: int16 (16x8), or float32 that is quantized when the layer runs.

The sums of 16x8 have 64 bits, but where no input can overflow 32; a bias of 32 bits makes them wrap at 32, as in the
reference. A hybrid layer quantizes each image of the batch (each row, in FULLY_CONNECTED) by itself, to int8 numbers in
its scratch memory. Source: TensorFlow, ``tensorflow/lite/kernels/internal/reference/portable_tensor_utils.cc``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.graph import DType, Graph, Node, Tensor
from harness.ops._base import Constant, Number
from harness.ops._check import check_bias, constant, expect_shape, refuse
from harness.ops._quantized import Multiplier, reduced_requantization, requantization

MIXED = frozenset({"s16s8", "hybrid"})
_MAX_SHIFT = 14  # to the left, of a multiplier of 16 bits
_MAX_BIAS = 1 << 46  # what a sum may grow to before a multiplier of 16 bits overflows 64
_LARGEST_INPUT = 1 << 15
_BIAS_IS_INT32 = 2  # number of int32 in the schema's ``TensorType``


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What a mixed layer's template needs besides its window: numbers, constants and helpers."""

    numbers: dict[str, Number]
    constants: tuple[Constant, ...]
    helpers: tuple[str, ...]


def check_weighted_bias(
    node: Node, graph: Graph, bias: Tensor | None, channels: int, kind: str, *, type_field: int | None
) -> None:
    """Refuse a bias that the reference would read as another type than it has, whatever the layer's signature.

    ``type_field`` is the option that says so where a bias of 16x8 has 32 bits; None where it must have 64.
    """
    if kind not in MIXED:
        check_bias(node, graph, bias, channels, kind)
        return
    if bias is None:
        return
    constant(node, graph, bias, "bias")
    expect_shape(node, graph, bias, (channels,), "bias")
    if kind == "hybrid":
        if bias.dtype is not DType.FLOAT32:
            raise refuse(node, graph, "its bias must be float32")
        return
    declared = 0 if type_field is None else node.options.integer(type_field, bits=8)
    if bias.dtype is DType.INT32 and declared == _BIAS_IS_INT32:
        return
    if bias.dtype is not DType.INT64 or declared == _BIAS_IS_INT32:
        raise refuse(
            node, graph, "its bias must be int64, or int32 where its options say so", "Convert it with int64 biases."
        )
    assert bias.data is not None
    if np.abs(bias.data.astype(np.float64)).max() > _MAX_BIAS:
        raise refuse(node, graph, "a bias has more than 46 bits", "Quantize the model again.")


def check_reduced(node: Node, graph: Graph, multipliers: Sequence[Multiplier]) -> tuple[Multiplier, ...]:
    """Return the multipliers of sums of 64 bits, none of which may grow by more than 14 bits."""
    if any(multiplier.shift > _MAX_SHIFT for multiplier in multipliers):
        raise refuse(node, graph, "the ratio of its scales is too large", "Quantize the model again.")
    return tuple(multipliers)


def sums_of_16(weights_by_channel: NDArray[np.int8], bias: Tensor | None, multipliers: Sequence[Multiplier]) -> Sums:
    """Return what a 16x8 layer needs, whose weights are given as a row for each channel."""
    numbers, constants = width_of_sums(weights_by_channel, bias)
    if bias is not None and bias.dtype is DType.INT32:
        scaling, tables = requantization(multipliers)
        helpers: tuple[str, ...] = ("requantize", "clamp_s16")
    else:
        scaling, tables = reduced_requantization(multipliers)
        helpers = ("requantize_s64", "clamp_s16")
    return Sums(numbers=numbers | scaling, constants=(*constants, *tables), helpers=helpers)


def width_of_sums(
    weights_by_channel: NDArray[np.int8], bias: Tensor | None
) -> tuple[dict[str, Number], tuple[Constant, ...]]:
    """Return whether sums of products fit 32 bits, how wide the bias is, and the bias."""
    reach = int(np.abs(weights_by_channel.astype(np.int64)).sum(axis=1).max()) * _LARGEST_INPUT
    numbers: dict[str, Number] = {
        "hybrid": False,
        "narrow": reach < 1 << 31,
        "bias_32": bias is not None and bias.dtype is DType.INT32,
        "output_zero": 0,
    }
    return numbers, bias_constant(bias)


def sums_of_floats(
    weight_scales: Sequence[float], bias: Tensor | None, *, elements: int, asymmetric: bool, in_sequence: bool = False
) -> Sums:
    """Return what a hybrid layer needs that quantizes ``elements`` inputs at once.

    A sum is multiplied by the product of both scales; ``in_sequence`` by that of the weights, then by the input's.
    """
    constants = bias_constant(bias)
    numbers: dict[str, Number] = {
        "hybrid": True,
        "narrow": True,
        "elements": elements,
        "asymmetric": asymmetric,
        "in_sequence": in_sequence,
        "per_channel": len(set(weight_scales)) > 1,
        "weight_scale": weight_scales[0],
    }
    if numbers["per_channel"]:
        scales = np.array(weight_scales, np.float32)
        constants += (Constant(name="scales", values=scales, role="requantization"),)
    quantize = ("quantize_row_asymmetric",) if asymmetric else ("nearest_s8", "quantize_row")
    return Sums(numbers=numbers, constants=constants, helpers=("clamp_f32", *quantize))


def bias_constant(bias: Tensor | None) -> tuple[Constant, ...]:
    """Return the bias as the layer reads it."""
    if bias is None or bias.data is None:
        return ()
    return (Constant(name="bias", values=bias.data, role="weights", alignment=bias.dtype.item_bytes),)
