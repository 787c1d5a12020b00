# SPDX-License-Identifier: Apache-2.0
"""NEG; for int8 the reference negates the stored number, whatever the zero points are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._unary import CODES, Affine, Sixteen, no_macs, parse_unary, unary_variant

_NEWEST_VERSION = 1


def parse(node: Node, graph: Graph) -> Layer:
    """Check the layer and fill its table of answers."""
    return parse_unary(node, graph, _answers, newest=_NEWEST_VERSION, sixteen=_sixteen)


def _answers(source: Affine, output: Affine) -> NDArray[np.int8]:
    """Negate in 8 bits, so that -128 stays; source and output are taken to have the zero point 0 and one scale."""
    del source, output
    return np.array([-code if code != CODES.start else code for code in CODES], dtype=np.int8)


def _sixteen(node: Node, graph: Graph, source: Affine, output: Affine) -> Sixteen:
    """Negate in 16 bits."""
    del node, graph, source, output
    return Sixteen(numbers={"kind": "negated"})


macs = no_macs
VARIANTS = (unary_variant("NEG", cost_f32=8.0),)
