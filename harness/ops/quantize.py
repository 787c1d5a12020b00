# SPDX-License-Identifier: Apache-2.0
"""QUANTIZE: from float32 to int8, or from one int8 quantization to another by a table.

Floats beyond what 32 bits hold, and not-a-number, are undefined in the reference: here the ends of the range answer,
and the lowest for not-a-number.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.graph import DType, Graph, Node
from harness.ops._base import Layer, Variant
from harness.ops._binary import affine
from harness.ops._check import computed, expect_shape, operands, refuse, version_at_most
from harness.ops._quantized import quantize_multiplier
from harness.ops._unary import CODES, Affine, Parameters, clamped, lower_unary, no_macs, parse_unary, requantized

_NEWEST_VERSION = 4


def parse(node: Node, graph: Graph) -> Layer:
    """Check the layer and fill the table of answers between two int8 quantizations."""
    version_at_most(node, graph, _NEWEST_VERSION)
    (source,) = operands(node, graph, minimum=1, maximum=1)
    assert source is not None
    output = graph.tensor(node.outputs[0])
    if (source.dtype, output.dtype) == (DType.INT8, DType.INT8):
        return parse_unary(node, graph, _answers, newest=_NEWEST_VERSION)
    if (source.dtype, output.dtype) != (DType.FLOAT32, DType.INT8):
        raise refuse(node, graph, "it must be from float32 or int8 to int8", "Convert the model to full int8.")
    computed(node, graph, source)
    expect_shape(node, graph, output, source.shape, "output")
    found = affine(node, graph, output)
    parameters = Parameters(answers=None, numbers={"scale": found.scale, "zero": found.zero})
    return Layer(node=node, inputs=(source,), outputs=(output,), signature="f32s8", parameters=parameters)


def _answers(source: Affine, output: Affine) -> NDArray[np.int8]:
    multiplier = quantize_multiplier(source.scale / output.scale)
    return np.array(
        [clamped(output.zero + requantized(code - source.zero, multiplier)) for code in CODES], dtype=np.int8
    )


macs = no_macs
VARIANTS = (
    Variant(
        name="generic",
        operator="QUANTIZE",
        accepts=lambda layer, _features: layer.signature in {"s8s8", "f32s8"},
        lower=lower_unary,
        cost=lambda layer: (8.0 if layer.signature == "s8s8" else 40.0) * layer.outputs[0].elements,
        in_place=lambda layer: (0,) if layer.signature == "s8s8" else (),
    ),
)
