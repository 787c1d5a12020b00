# SPDX-License-Identifier: Apache-2.0
"""DIV: element by element; for int8 by a table of reciprocals in fixed point.

The reference stops at an int8 divisor of zero; here the quotient is zero then. It divides small int8 dividends wrongly:
it shifts 32-bit numbers by more than 31 bits, which on its host counts modulo 32. That is reproduced bit by bit.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from harness.graph import Graph, Node
from harness.ops._base import Constant, Layer, Lowered, Number, Variant
from harness.ops._binary import binary_variant, lower_binary, parse_binary
from harness.ops._broadcast import in_place
from harness.ops._check import refuse
from harness.ops._fixed_point import reciprocal
from harness.ops._quantized import checked_multiplier
from harness.ops._unary import Affine, no_macs

_NEWEST_VERSION = 2
_MAX_SHIFT = 20  # of the ratio of scales, in either direction: the sum of all shifts stays within 0 and 62
_MAX_SHIFT_16 = 15  # of int16, likewise
_DIVISORS = range(1, 256)  # magnitudes of a difference between two int8 numbers


def parse(node: Node, graph: Graph) -> Layer:
    """Check the operands."""
    return parse_binary(node, graph, _quantize, newest=_NEWEST_VERSION, fused=True, tables=_tables(), wide=_quantize_16)


def _quantize_16(node: Node, graph: Graph, inputs: tuple[Affine, Affine], output: Affine) -> Mapping[str, Number]:
    """Compute the same; shifts of reciprocals are longer, so that the ratio of scales may be less far from 1."""
    return _quantize(node, graph, inputs, output, farthest=_MAX_SHIFT_16)


def _quantize(
    node: Node, graph: Graph, inputs: tuple[Affine, Affine], output: Affine, farthest: int = _MAX_SHIFT
) -> Mapping[str, Number]:
    """Source: TensorFlow, ``tensorflow/lite/kernels/div.cc`` and ``kernels/internal/reference/div.h``."""
    first, second = inputs
    real = np.float32(first.scale) / (np.float32(second.scale) * np.float32(output.scale))
    multiplier = checked_multiplier(node, graph, float(real))
    if abs(multiplier.shift) > farthest:
        raise refuse(node, graph, f"the ratio of its scales, {float(real):g}, is out of range", "Quantize it again.")
    return {
        "first_offset": -first.zero,
        "second_offset": -second.zero,
        "output_zero": output.zero,
        "multiplier": multiplier.value,
        "shift": multiplier.shift,
    }


def _tables() -> tuple[Constant, ...]:
    """Return 1 / divisor for the magnitudes 0 to 255 as mantissas, 0 integer bits, and their shifts to the right."""
    shifts = [divisor.bit_length() - 1 for divisor in _DIVISORS]
    mantissas = [
        reciprocal((divisor << (31 - shift)) - (1 << 31)) for divisor, shift in zip(_DIVISORS, shifts, strict=True)
    ]
    return (
        Constant(name="reciprocals", values=np.array([0, *mantissas], np.int32), role="table"),
        Constant(name="shifts", values=np.array([0, *shifts], np.int8), role="table"),
    )


def _lower_16(layer: Layer) -> Lowered:
    """Lower an int16 layer: reciprocals are computed where it runs."""
    return lower_binary(layer, ("requantize", "clamp_s8", "requantize_reciprocal"), ())


macs = no_macs
VARIANTS = (
    binary_variant(
        "DIV",
        cost_s8=150.0,
        helpers_s8=("requantize", "clamp_s8"),
        helpers_f32=("clamp_f32",),
        cost_f32=25.0,
        signatures=frozenset({"s8s8", "f32"}),
    ),
    Variant(
        name="generic_16x8",
        operator="DIV",
        accepts=lambda layer, _features: layer.signature == "s16s8",
        lower=_lower_16,
        cost=lambda layer: 250.0 * layer.outputs[0].elements,
        in_place=in_place,
    ),
)
