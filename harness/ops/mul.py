# SPDX-License-Identifier: Apache-2.0
"""MUL: element by element; quantized products are requantized once."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from harness.graph import Graph, Node
from harness.ops._base import Layer, Number
from harness.ops._binary import binary_variant, parse_binary
from harness.ops._check import refuse
from harness.ops._quantized import checked_multiplier
from harness.ops._unary import Affine, no_macs

_MAX_SHIFT = 14  # to the left, of a product of 17 bits
_NEWEST_VERSION = 7


def parse(node: Node, graph: Graph) -> Layer:
    """Check the operands and what the reference kernel cannot compute."""
    return parse_binary(node, graph, _quantize, newest=_NEWEST_VERSION, fused=True, wide=_quantize)


def _quantize(node: Node, graph: Graph, inputs: tuple[Affine, Affine], output: Affine) -> Mapping[str, Number]:
    """Source: TensorFlow, ``tensorflow/lite/kernels/mul.cc``; the scales are multiplied in single precision."""
    first, second = inputs
    real = np.float32(first.scale) * np.float32(second.scale) / np.float32(output.scale)
    multiplier = checked_multiplier(node, graph, float(real))
    if multiplier.shift > _MAX_SHIFT:
        raise refuse(node, graph, f"its output's scale {output.scale:g} is too small for its inputs' scales")
    return {
        "first_offset": -first.zero,
        "second_offset": -second.zero,
        "output_zero": output.zero,
        "multiplier": multiplier.value,
        "shift": multiplier.shift,
    }


macs = no_macs
VARIANTS = (binary_variant("MUL", cost_s8=25.0, helpers_s8=("requantize", "clamp_s8"), helpers_f32=("clamp_f32",)),)
