# SPDX-License-Identifier: Apache-2.0
"""SQUARED_DIFFERENCE: element by element; quantized operands are scaled to a common scale first."""

from __future__ import annotations

from functools import partial

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._binary import binary_variant, parse_binary
from harness.ops._common_scale import on_common_scale
from harness.ops._unary import no_macs

_LEFT_SHIFT = 7  # headroom for the square
_NEWEST_VERSION = 2
_quantize = partial(on_common_scale, left_shift=_LEFT_SHIFT, squared=True)


def parse(node: Node, graph: Graph) -> Layer:
    """Check the operands and what the reference kernel cannot compute."""
    return parse_binary(node, graph, _quantize, newest=_NEWEST_VERSION)


macs = no_macs
VARIANTS = (binary_variant("SQUARED_DIFFERENCE", cost_s8=60.0, helpers_s8=("requantize", "clamp_s8")),)
