# SPDX-License-Identifier: Apache-2.0
"""LEAKY_RELU: negative numbers are multiplied by ``alpha``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from harness.graph import Graph, Node
from harness.ops._base import Layer, Number
from harness.ops._unary import CODES, Affine, clamped, no_macs, parse_unary, ratio, requantized, unary_variant

_NEWEST_VERSION = 2


def parse(node: Node, graph: Graph) -> Layer:
    """Check the layer and fill its table of answers."""
    alpha = node.options.real(0)
    numbers: dict[str, Number] = {"alpha": alpha}
    return parse_unary(node, graph, _answers(alpha), newest=_NEWEST_VERSION, numbers=numbers)


def _answers(alpha: float) -> Callable[[Affine, Affine], NDArray[np.int8]]:
    def answers(source: Affine, output: Affine) -> NDArray[np.int8]:
        positive = ratio(source.scale, output.scale)
        negative = ratio(float(np.float32(source.scale) * np.float32(alpha)), output.scale)
        return np.array(
            [
                clamped(output.zero + requantized(code - source.zero, positive if code >= source.zero else negative))
                for code in CODES
            ],
            dtype=np.int8,
        )

    return answers


macs = no_macs
VARIANTS = (unary_variant("LEAKY_RELU", cost_f32=10.0),)
