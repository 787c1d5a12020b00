# SPDX-License-Identifier: Apache-2.0
"""ABS; for int8 the magnitude is requantized where the scales differ."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._unary import CODES, Affine, Sixteen, clamped, no_macs, parse_unary, ratio, requantized, unary_variant
from harness.ops._unary_16 import scaled_16

_NEWEST_VERSION = 3


def parse(node: Node, graph: Graph) -> Layer:
    """Check the layer and fill its table of answers."""
    return parse_unary(node, graph, _answers, newest=_NEWEST_VERSION, sixteen=_sixteen)


def _answers(source: Affine, output: Affine) -> NDArray[np.int8]:
    """Source: TensorFlow, ``tensorflow/lite/kernels/elementwise.cc`` (``AbsInt8EvalQuantized``)."""
    magnitudes = [abs(code - source.zero) for code in CODES]
    if source.scale != output.scale:
        multiplier = ratio(source.scale, output.scale)
        magnitudes = [requantized(magnitude, multiplier) for magnitude in magnitudes]
    return np.array([clamped(output.zero + magnitude) for magnitude in magnitudes], dtype=np.int8)


def _sixteen(node: Node, graph: Graph, source: Affine, output: Affine) -> Sixteen:
    """Scale the magnitude; between equal scales that is exact."""
    del node, graph
    multiplier = ratio(source.scale, output.scale)
    return scaled_16(multiplier, multiplier, magnitude=True)


macs = no_macs
VARIANTS = (unary_variant("ABS", cost_f32=8.0),)
