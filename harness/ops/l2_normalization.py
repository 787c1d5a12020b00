# SPDX-License-Identifier: Apache-2.0
"""L2_NORMALIZATION: each row of the last dimension is divided by its length; for int8 in fixed point."""

from __future__ import annotations

from harness.graph import Graph, Node
from harness.ops._base import Layer, Lowered, Number, Variant
from harness.ops._binary import affine
from harness.ops._check import computed, expect_shape, operands, refuse, signature, version_at_most
from harness.ops._rows import Rows, rows_of
from harness.ops._unary import Affine, no_macs

_NEWEST_VERSION = 2
_OUTPUT = Affine(scale=1.0 / 128.0, zero=0)
_MAX_DEPTH = 33_025  # more squares of 255 could overflow 32 bits


def parse(node: Node, graph: Graph) -> Layer:
    """Check the layer; the reference fixes the output's quantization.

    Source: TensorFlow, ``tensorflow/lite/kernels/internal/reference/integer_ops/l2normalization.h``.
    """
    version_at_most(node, graph, _NEWEST_VERSION)
    (source,) = operands(node, graph, minimum=1, maximum=1)
    assert source is not None
    output = graph.tensor(node.outputs[0])
    kind = signature(node, graph, source, output)
    computed(node, graph, source)
    expect_shape(node, graph, output, source.shape, "output")
    if node.options.integer(0, bits=8) != 0:
        raise refuse(node, graph, "a fused activation is not supported", "Use a separate activation layer.")
    rows = rows_of(node, graph, source)
    zero = 0
    if kind == "s8s8":
        zero = affine(node, graph, source).zero
        if affine(node, graph, output) != _OUTPUT:
            raise refuse(node, graph, "its output must have the scale 1/128 and the zero point 0")
        if rows.depth > _MAX_DEPTH:
            raise refuse(node, graph, f"a row has more than {_MAX_DEPTH} elements")
    parameters = Rows(rows=rows.rows, depth=rows.depth, zero=zero)
    return Layer(node=node, inputs=(source,), outputs=(output,), signature=kind, parameters=parameters)


macs = no_macs


def lower(layer: Layer) -> Lowered:
    """Lower to the generic kernel."""
    rows = layer.parameters
    assert isinstance(rows, Rows)
    numbers: dict[str, Number] = {"rows": rows.rows, "depth": rows.depth, "zero": rows.zero}
    helpers = ("clamp_s8", "requantize", "square_root_inverse") if layer.signature == "s8s8" else ()
    return Lowered(template="ops/l2_normalization/generic.c.j2", numbers=numbers, helpers=helpers)


VARIANTS = (
    Variant(
        name="generic",
        operator="L2_NORMALIZATION",
        accepts=lambda layer, _features: layer.signature in {"s8s8", "f32"},
        lower=lower,
        cost=lambda layer: 30.0 * layer.outputs[0].elements,
        in_place=lambda _layer: (0,),
    ),
)
