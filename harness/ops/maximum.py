# SPDX-License-Identifier: Apache-2.0
"""MAXIMUM: the larger of two numbers; quantized ones must share their scale and zero point."""

from __future__ import annotations

from collections.abc import Mapping

from harness.graph import Graph, Node
from harness.ops._base import Layer, Number
from harness.ops._binary import binary_variant, parse_binary
from harness.ops._check import refuse
from harness.ops._unary import Affine, no_macs

_NEWEST_VERSION = 4


def parse(node: Node, graph: Graph) -> Layer:
    """Check the operands and what the reference kernel cannot compute."""
    return parse_binary(node, graph, _quantize, newest=_NEWEST_VERSION, wide=_quantize)


def _quantize(node: Node, graph: Graph, inputs: tuple[Affine, Affine], output: Affine) -> Mapping[str, Number]:
    """Stored numbers are compared, as the reference does: that is right where all quantizations are the same."""
    if any(tensor != output for tensor in inputs):
        raise refuse(node, graph, "its inputs and output must have the same scale and zero point")
    return {}


macs = no_macs
VARIANTS = (binary_variant("MAXIMUM", cost_s8=9.0),)
