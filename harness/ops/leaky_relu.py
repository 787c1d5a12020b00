# SPDX-License-Identifier: Apache-2.0
"""LEAKY_RELU: negative numbers are multiplied by ``alpha``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from harness.graph import Graph, Node
from harness.ops._base import Layer, Number
from harness.ops._quantized import Multiplier
from harness.ops._unary import (
    CODES,
    Affine,
    Sixteen,
    Sixteens,
    clamped,
    no_macs,
    parse_unary,
    ratio,
    requantized,
    unary_variant,
)
from harness.ops._unary_16 import scaled_16

_NEWEST_VERSION = 2


def parse(node: Node, graph: Graph) -> Layer:
    """Check the layer and fill its table of answers."""
    alpha = node.options.real(0)
    numbers: dict[str, Number] = {"alpha": alpha}
    return parse_unary(node, graph, _answers(alpha), newest=_NEWEST_VERSION, numbers=numbers, sixteen=_sixteen(alpha))


def _multipliers(alpha: float, source: Affine, output: Affine) -> tuple[Multiplier, Multiplier]:
    """Return the multipliers from zero up and below."""
    positive = ratio(source.scale, output.scale)
    return positive, ratio(float(np.float32(source.scale) * np.float32(alpha)), output.scale)


def _sixteen(alpha: float) -> Sixteens:
    def sixteen(node: Node, graph: Graph, source: Affine, output: Affine) -> Sixteen:
        del node, graph
        return scaled_16(*_multipliers(alpha, source, output))

    return sixteen


def _answers(alpha: float) -> Callable[[Affine, Affine], NDArray[np.int8]]:
    def answers(source: Affine, output: Affine) -> NDArray[np.int8]:
        positive, negative = _multipliers(alpha, source, output)
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
