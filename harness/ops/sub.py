# SPDX-License-Identifier: Apache-2.0
"""SUB: element by element; quantized operands are scaled to a common scale first."""

from __future__ import annotations

from functools import partial

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._binary import binary_variant, parse_binary
from harness.ops._common_scale import on_common_scale
from harness.ops._sum_16 import sum_of_16, sum_variant_16
from harness.ops._unary import no_macs

_LEFT_SHIFT = 20  # headroom for the difference of int8
_NEWEST_VERSION = 5
_quantize = partial(on_common_scale, left_shift=_LEFT_SHIFT)


def parse(node: Node, graph: Graph) -> Layer:
    """Check the operands and what the reference kernel cannot compute."""
    return parse_binary(node, graph, _quantize, newest=_NEWEST_VERSION, fused=True, wide=sum_of_16)


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
