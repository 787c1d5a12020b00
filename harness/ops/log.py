# SPDX-License-Identifier: Apache-2.0
"""LOG; for int8 the reference gives the lowest output where the logarithm does not exist."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._unary import Affine, looked_up, no_macs, parse_unary, unary_variant

_NEWEST_VERSION = 2


def parse(node: Node, graph: Graph) -> Layer:
    """Check the layer and fill its table of answers."""
    return parse_unary(node, graph, _answers, newest=_NEWEST_VERSION)


def _answers(source: Affine, output: Affine) -> NDArray[np.int8]:
    return looked_up(np.log, source, output)


macs = no_macs
VARIANTS = (unary_variant("LOG", cost_f32=80.0),)
