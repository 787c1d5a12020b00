# SPDX-License-Identifier: Apache-2.0
"""SQRT; for int8 the root is rounded down. Below the zero point, where the reference stops, it gives that of zero."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._unary import CODES, Affine, Sixteen, clamped, no_macs, parse_unary, unary_variant

_NEWEST_VERSION = 2


def parse(node: Node, graph: Graph) -> Layer:
    """Check the layer and fill its table of answers."""
    return parse_unary(node, graph, _answers, newest=_NEWEST_VERSION, sixteen=_sixteen)


def _answers(source: Affine, output: Affine) -> NDArray[np.int8]:
    """Compute the roots in single precision, and cut what is behind the point."""
    reals = np.maximum(np.arange(CODES.start, CODES.stop) - source.zero, 0).astype(np.float32)
    roots = np.sqrt(np.float32(source.scale) * reals) / np.float32(output.scale)
    return np.array([clamped(output.zero + int(root)) for root in roots], dtype=np.int8)


def _sixteen(node: Node, graph: Graph, source: Affine, output: Affine) -> Sixteen:
    """Compute the root where the layer runs, in single precision, as the reference does."""
    del node, graph
    return Sixteen(numbers={"kind": "root", "scale": source.scale, "output_scale": output.scale})


macs = no_macs
VARIANTS = (unary_variant("SQRT", cost_f32=20.0),)
