# SPDX-License-Identifier: Apache-2.0
"""DEQUANTIZE: from int8, uint8 or int16 to float32."""

from __future__ import annotations

from harness.graph import DType, Graph, Node
from harness.ops._base import Layer, Variant
from harness.ops._binary import affine
from harness.ops._check import computed, expect_shape, operands, refuse, version_at_most
from harness.ops._unary import Parameters, lower_unary, no_macs

_NEWEST_VERSION = 6


def parse(node: Node, graph: Graph) -> Layer:
    """Check the layer: one scale for the whole input."""
    version_at_most(node, graph, _NEWEST_VERSION)
    (source,) = operands(node, graph, minimum=1, maximum=1)
    assert source is not None
    output = graph.tensor(node.outputs[0])
    if source.dtype not in {DType.INT8, DType.UINT8, DType.INT16} or output.dtype is not DType.FLOAT32:
        raise refuse(
            node, graph, "it must be from int8, uint8 or int16 to float32", "Convert the model with int8 activations."
        )
    computed(node, graph, source)
    expect_shape(node, graph, output, source.shape, "output")
    found = affine(node, graph, source)
    parameters = Parameters(answers=None, numbers={"scale": found.scale, "zero": found.zero})
    return Layer(node=node, inputs=(source,), outputs=(output,), signature="s8f32", parameters=parameters)


macs = no_macs
VARIANTS = (
    Variant(
        name="generic",
        operator="DEQUANTIZE",
        accepts=lambda layer, _features: layer.signature == "s8f32",
        lower=lower_unary,
        cost=lambda layer: 10.0 * layer.outputs[0].elements,
    ),
)
