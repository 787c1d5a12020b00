# SPDX-License-Identifier: Apache-2.0
"""LOGISTIC: the sigmoid 1 / (1 + exp(-x)); the reference looks int8 up in a table filled in single precision."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._unary import Affine, looked_up, no_macs, parse_unary, unary_variant
from harness.ops._unary_16 import sigmoid_16

_NEWEST_VERSION = 3


def parse(node: Node, graph: Graph) -> Layer:
    """Check the layer and fill its table of answers."""
    return parse_unary(node, graph, _answers, newest=_NEWEST_VERSION, sixteen=sigmoid_16("logistic", range(1)))


def _answers(source: Affine, output: Affine) -> NDArray[np.int8]:
    return looked_up(lambda x: 1.0 / (1.0 + np.exp(-x)), source, output)


macs = no_macs
VARIANTS = (unary_variant("LOGISTIC", cost_f32=80.0),)
