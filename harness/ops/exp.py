# SPDX-License-Identifier: Apache-2.0
"""EXP; the reference looks int8 up in a table filled in single precision."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._unary import Affine, looked_up, no_macs, parse_unary, unary_variant
from harness.ops._unary_16 import in_double, looked_up_16

_NEWEST_VERSION = 2
_SIXTEEN = looked_up_16(lambda x, _output: in_double(np.exp)(x))


def parse(node: Node, graph: Graph) -> Layer:
    """Check the layer and fill its table of answers."""
    return parse_unary(node, graph, _answers, newest=_NEWEST_VERSION, sixteen=_SIXTEEN)


def _answers(source: Affine, output: Affine) -> NDArray[np.int8]:
    return looked_up(np.exp, source, output)


macs = no_macs
VARIANTS = (unary_variant("EXP", cost_f32=70.0),)
