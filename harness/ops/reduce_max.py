# SPDX-License-Identifier: Apache-2.0
"""REDUCE_MAX over any dimensions."""

from __future__ import annotations

from harness.graph import DType, Graph, Node
from harness.ops._base import Layer, Lowered, Variant
from harness.ops._check import computed, version_at_most
from harness.ops._move import SIGNATURES, inputs_of, moved_type, same_quantization
from harness.ops._move_loops import no_macs
from harness.ops._reduce import Reduction, reduction

_NEWEST_VERSION = 3
_LOWEST = {DType.INT8: -128, DType.INT16: -32768, DType.INT32: -(1 << 31), DType.FLOAT32: 0}


def parse(node: Node, graph: Graph) -> Layer:
    """Check the axes; quantized tensors must share their scale, as in the reference."""
    version_at_most(node, graph, _NEWEST_VERSION)
    source, axes = inputs_of(node, graph, 2)
    output = graph.tensor(node.outputs[0])
    kind = moved_type(node, graph, source, output)
    computed(node, graph, source)
    same_quantization(node, graph, source, output)
    parameters = reduction(node, graph, source, axes, output)
    return Layer(node=node, inputs=(source,), outputs=(output,), signature=kind, parameters=parameters)


def lower(layer: Layer) -> Lowered:
    """Lower to the generic kernel.

    Over all dimensions the reference begins with the first element, else with the lowest number that is finite:
    TensorFlow, ``tensorflow/lite/kernels/reduce.cc``.
    """
    parameters = layer.parameters
    assert isinstance(parameters, Reduction)
    numbers = parameters.numbers() | {
        "from_first": parameters.whole,
        "lowest": _LOWEST[layer.outputs[0].dtype],
    }
    return Lowered(template="ops/reduce_max/generic.c.j2", numbers=numbers)


macs = no_macs
VARIANTS = (
    Variant(
        name="generic",
        operator="REDUCE_MAX",
        accepts=lambda layer, _features: layer.signature in set(SIGNATURES.values()),
        lower=lower,
        cost=lambda layer: 6.0 * (layer.inputs[0].elements if layer.inputs[0] is not None else 0),
    ),
)
