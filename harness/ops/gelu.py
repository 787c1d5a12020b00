# SPDX-License-Identifier: Apache-2.0
"""GELU: x times the normal distribution function of x, exactly or by an approximation with a hyperbolic tangent."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from harness.graph import Graph, Node
from harness.ops._base import Layer, Number
from harness.ops._table_16 import Reals
from harness.ops._unary import Affine, looked_up, no_macs, parse_unary, unary_variant
from harness.ops._unary_16 import looked_up_16, of_the_host

_NEWEST_VERSION = 2


def parse(node: Node, graph: Graph) -> Layer:
    """Check the layer and fill its table of answers."""
    approximate = node.options.boolean(0)
    numbers: dict[str, Number] = {"approximate": approximate}
    return parse_unary(
        node,
        graph,
        _answers(_approximate if approximate else _exact),
        newest=_NEWEST_VERSION,
        numbers=numbers,
        sixteen=looked_up_16(_approximate_single if approximate else _exact_single),
    )


def _exact(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([0.5 * value * (1.0 + math.erf(value * math.sqrt(0.5))) for value in x.tolist()])


def _approximate(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return 0.5 * x * (1.0 + np.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * x**3)))


def _exact_single(x: Reals, _output: Affine) -> Reals:
    """Source: TensorFlow, ``tensorflow/lite/kernels/internal/reference/gelu.h``, as are the steps of the other."""
    tail = of_the_host("erfcf", math.erfc)(x * np.float32(-math.sqrt(0.5)))
    return np.float32(0.5) * x * tail


def _approximate_single(x: Reals, _output: Affine) -> Reals:
    inner = np.float32(math.sqrt(2.0 / math.pi)) * (x + np.float32(0.044715) * x * x * x)
    return np.float32(0.5) * x * (np.float32(1.0) + of_the_host("tanhf", math.tanh)(inner))


def _answers(
    function: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> Callable[[Affine, Affine], NDArray[np.int8]]:
    return lambda source, output: looked_up(function, source, output)


macs = no_macs
VARIANTS = (unary_variant("GELU", cost_f32=120.0),)
