# SPDX-License-Identifier: Apache-2.0
"""HARD_SWISH: x * relu6(x + 3) / 6; for int8 in 16-bit fixed point."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._fixed_point import rounding_shift_right
from harness.ops._quantized import quantize_multiplier
from harness.ops._unary import CODES, Affine, clamped, no_macs, parse_unary, unary_variant

_NEWEST_VERSION = 1


def parse(node: Node, graph: Graph) -> Layer:
    """Check the layer and fill its table of answers."""
    return parse_unary(node, graph, _answers, newest=_NEWEST_VERSION)


_HIGH_RESOLUTION_BITS = 7
_RELU_SCALE = np.float32(3.0 / 32768.0)


def _answers(source: Affine, output: Affine) -> NDArray[np.int8]:
    """Source: TensorFlow, ``tensorflow/lite/kernels/internal/reference/hard_swish.h``."""
    fine_scale = np.float32(1.0 / (1 << _HIGH_RESOLUTION_BITS)) * np.float32(source.scale)
    output_multiplier = quantize_multiplier(float(fine_scale / np.float32(output.scale)))
    if output_multiplier.shift > 0:  # the reference shifts to the right alone
        raise OverflowError("the input's is more than 128 times the output's")
    relu_multiplier = quantize_multiplier(float(fine_scale / _RELU_SCALE))
    answers = []
    for code in CODES:
        fine = (code - source.zero) << _HIGH_RESOLUTION_BITS
        scaled = _high_multiply(fine, _to_16_bits(output_multiplier.value))
        relu = fine
        if relu_multiplier.shift > 0:
            relu = _saturated(relu << (relu_multiplier.shift - 1))
        relu = _high_multiply(relu, _to_16_bits(relu_multiplier.value))
        if relu_multiplier.shift > 0:
            relu = _saturated(relu << 1)
        elif relu_multiplier.shift < 0:
            relu = rounding_shift_right(relu, -relu_multiplier.shift)
        relu = (relu + (1 << 15)) >> 1
        product = int(relu * scaled / (1 << 15))
        answers.append(clamped(output.zero + rounding_shift_right(product, -output_multiplier.shift)))
    return np.array(answers, dtype=np.int8)


def _to_16_bits(multiplier: int) -> int:
    return min((multiplier + (1 << 15)) >> 16, 32767)


def _high_multiply(a: int, b: int) -> int:
    """Return the rounded high half of 2 * a * b for 16-bit numbers."""
    product = a * b
    return int((product + ((1 << 14) if product >= 0 else 1 - (1 << 14))) / (1 << 15))


def _saturated(value: int) -> int:
    return clamped(value, -32768, 32767)


macs = no_macs
VARIANTS = (unary_variant("HARD_SWISH", cost_f32=25.0),)
