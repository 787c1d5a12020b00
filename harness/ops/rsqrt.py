# SPDX-License-Identifier: Apache-2.0
"""RSQRT: 1 / sqrt(x); for int8 in fixed point.

Up to the zero point it gives the highest output; below it the reference stops.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._fixed_point import inverse_sqrt
from harness.ops._quantized import INT16_MAX, Multiplier, quantize_multiplier
from harness.ops._table_16 import Reals
from harness.ops._unary import CODES, Affine, clamped, no_macs, parse_unary, requantized, unary_variant
from harness.ops._unary_16 import looked_up_16

_NEWEST_VERSION = 3


def parse(node: Node, graph: Graph) -> Layer:
    """Check the layer and fill its table of answers."""
    return parse_unary(node, graph, _answers, newest=_NEWEST_VERSION, sixteen=_SIXTEEN)


def _reciprocal_roots(x: Reals, output: Affine) -> Reals:
    """Return reciprocal roots in single precision; up to zero the highest output."""
    roots = np.float32(1.0) / np.sqrt(np.where(x > 0, x, np.float32(1.0)))
    return np.where(x > 0, roots, np.float32(INT16_MAX) * np.float32(output.scale))


_SIXTEEN = looked_up_16(_reciprocal_roots)
_FRACTION_BITS = 20  # of a reciprocal root before it is scaled


def _answers(source: Affine, output: Affine) -> NDArray[np.int8]:
    """Source: TensorFlow, ``tensorflow/lite/kernels/elementwise.cc`` (``RsqrtEvalQuantized``)."""
    scale = np.sqrt(np.float32(source.scale)) * np.float32(output.scale)
    real = quantize_multiplier(float(np.float32(1.0) / scale))
    scaling = Multiplier(value=real.value, shift=real.shift - _FRACTION_BITS)
    answers = []
    for code in CODES:
        if code <= source.zero:
            answers.append(CODES.stop - 1)
            continue
        value, right = inverse_sqrt(code - source.zero)
        root = requantized(1, Multiplier(value=value, shift=_FRACTION_BITS - right))
        answers.append(clamped(output.zero + requantized(root, scaling)))
    return np.array(answers, dtype=np.int8)


macs = no_macs
VARIANTS = (unary_variant("RSQRT", cost_f32=30.0),)
