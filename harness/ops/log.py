# SPDX-License-Identifier: Apache-2.0
"""LOG; for int8 the reference gives the lowest output where the logarithm does not exist."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._quantized import INT16_MIN
from harness.ops._table_16 import Reals
from harness.ops._unary import Affine, looked_up, no_macs, parse_unary, unary_variant
from harness.ops._unary_16 import in_double, looked_up_16

_NEWEST_VERSION = 2


def _logarithms(x: Reals, output: Affine) -> Reals:
    """Return logarithms; up to zero the lowest output."""
    values = in_double(np.log)(np.where(x > 0, x, np.float32(1.0)))
    return np.where(x > 0, values, np.float32(output.scale) * np.float32(INT16_MIN))


_SIXTEEN = looked_up_16(_logarithms)


def parse(node: Node, graph: Graph) -> Layer:
    """Check the layer and fill its table of answers."""
    return parse_unary(node, graph, _answers, newest=_NEWEST_VERSION, sixteen=_SIXTEEN)


def _answers(source: Affine, output: Affine) -> NDArray[np.int8]:
    return looked_up(np.log, source, output)


macs = no_macs
VARIANTS = (unary_variant("LOG", cost_f32=80.0),)
