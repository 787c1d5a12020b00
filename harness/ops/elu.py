# SPDX-License-Identifier: Apache-2.0
"""ELU: x, or exp(x) - 1 below zero.

The reference kernels have none; golden outputs come from the interpreter's own kernels without delegates.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._unary import Affine, looked_up, no_macs, parse_unary, unary_variant

_NEWEST_VERSION = 1


def parse(node: Node, graph: Graph) -> Layer:
    """Check the layer and fill its table of answers."""
    return parse_unary(node, graph, _answers, newest=_NEWEST_VERSION)


def _answers(source: Affine, output: Affine) -> NDArray[np.int8]:
    return looked_up(lambda x: np.where(x < 0.0, np.expm1(x), x), source, output)


macs = no_macs
VARIANTS = (unary_variant("ELU", cost_f32=80.0),)
