# SPDX-License-Identifier: Apache-2.0
"""SUB: element by element; quantized operands are scaled to a common scale first."""

from __future__ import annotations

from collections.abc import Mapping

from harness.graph import Graph, Node
from harness.ops._base import Layer, Number
from harness.ops._binary import binary_variant, parse_binary
from harness.ops._check import refuse
from harness.ops._quantized import quantize_multiplier
from harness.ops._sum_16 import sum_of_16, sum_variant_16
from harness.ops._unary import Affine, no_macs

_LEFT_SHIFT = 20  # headroom for the difference of int8
_NEWEST_VERSION = 5


def parse(node: Node, graph: Graph) -> Layer:
    """Check the operands and what the reference kernel cannot compute."""
    return parse_binary(node, graph, _quantize, newest=_NEWEST_VERSION, fused=True, wide=sum_of_16)


def _quantize(node: Node, graph: Graph, inputs: tuple[Affine, Affine], output: Affine) -> Mapping[str, Number]:
    """Source: TensorFlow, ``tensorflow/lite/kernels/sub.cc``."""
    first, second = inputs
    twice = 2.0 * max(first.scale, second.scale)
    last = twice / ((1 << _LEFT_SHIFT) * output.scale)
    if not 0.0 < last < 1.0:
        raise refuse(node, graph, f"its output's scale {output.scale:g} is too small for scales up to {twice / 2:g}")
    a, b, out = (quantize_multiplier(real) for real in (first.scale / twice, second.scale / twice, last))
    return {
        "left_shift": _LEFT_SHIFT,
        "first_offset": -first.zero,
        "second_offset": -second.zero,
        "output_zero": output.zero,
        "first_multiplier": a.value,
        "first_shift": a.shift,
        "second_multiplier": b.value,
        "second_shift": b.shift,
        "output_multiplier": out.value,
        "output_shift": out.shift,
    }


macs = no_macs
VARIANTS = (
    binary_variant(
        "SUB",
        cost_s8=60.0,
        helpers_s8=("requantize", "clamp_s8"),
        helpers_f32=("clamp_f32",),
        signatures=frozenset({"s8s8", "f32"}),
    ),
    sum_variant_16("SUB"),
)
