# SPDX-License-Identifier: Apache-2.0
"""LOG_SOFTMAX over the last dimension.

For int8 the reference computes in fixed point: exponentials with 5 integer bits of argument, their sum with 12, and its
logarithm by a quotient of polynomials. The exponentials of the at most 256 differences are a table here.
Source: TensorFlow, ``tensorflow/lite/kernels/internal/reference/integer_ops/log_softmax.h``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.graph import Graph, Node
from harness.ops._base import Constant, Layer, Lowered, Number, Variant
from harness.ops._binary import affine
from harness.ops._check import computed, expect_shape, operands, refuse, signature, version_at_most
from harness.ops._exponentials import difference_scale, exponentials_of_differences, farthest_difference
from harness.ops._quantized import Multiplier, quantize_multiplier
from harness.ops._rows import Rows, rows_of
from harness.ops._unary import Affine, no_macs

_NEWEST_VERSION = 2
_OUTPUT = Affine(scale=16.0 / 256.0, zero=127)
_MAX_DEPTH = 4095  # the sum of exponentials has 12 integer bits


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """``exponentials[d]`` is exp(-scale * d) with 0 integer bits; ``difference`` scales d, ``reverse`` scales back."""

    rows: Rows
    exponentials: NDArray[np.int32] | None = None
    difference: Multiplier | None = None
    reverse: Multiplier | None = None


def parse(node: Node, graph: Graph) -> Layer:
    """Check a logarithmic softmax and compute its table of exponentials."""
    version_at_most(node, graph, _NEWEST_VERSION)
    (source,) = operands(node, graph, minimum=1, maximum=1)
    assert source is not None
    output = graph.tensor(node.outputs[0])
    kind = signature(node, graph, source, output)
    computed(node, graph, source)
    expect_shape(node, graph, output, source.shape, "output")
    parameters = Parameters(rows=rows_of(node, graph, source))
    if kind == "s8s8":
        scale = affine(node, graph, source).scale
        if affine(node, graph, output) != _OUTPUT:
            raise refuse(node, graph, "its output must have the scale 16/256 and the zero point 127")
        if parameters.rows.depth > _MAX_DEPTH:
            raise refuse(node, graph, f"a row has more than {_MAX_DEPTH} elements", "Keep the layer in float32.")
        if difference_scale(1.0, scale) <= 1.0:
            raise refuse(node, graph, f"its input's scale {scale:g} is too small")
        difference = quantize_multiplier(difference_scale(1.0, scale))
        parameters = Parameters(
            rows=parameters.rows,
            exponentials=exponentials_of_differences(1.0, scale),
            difference=difference,
            reverse=quantize_multiplier((1 << (31 - difference.shift)) / difference.value),
        )
    return Layer(node=node, inputs=(source,), outputs=(output,), signature=kind, parameters=parameters)


def lower(layer: Layer) -> Lowered:
    """Lower to the generic kernel."""
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    template = "ops/log_softmax/generic.c.j2"
    numbers: dict[str, Number] = {"rows": parameters.rows.rows, "depth": parameters.rows.depth}
    if parameters.exponentials is None or parameters.difference is None or parameters.reverse is None:
        return Lowered(template=template, numbers=numbers)
    return Lowered(
        template=template,
        numbers=numbers
        | {
            "table_size": len(parameters.exponentials),
            "lowest_difference": -farthest_difference(parameters.difference.shift) - 1,
            "multiplier": parameters.difference.value,
            "shift": parameters.difference.shift,
            "reverse_multiplier": parameters.reverse.value,
            "reverse_shift": parameters.reverse.shift,
        },
        constants=(Constant(name="exponentials", values=parameters.exponentials, role="table"),),
        helpers=("clamp_s8", "requantize", "sum_logarithm"),
    )


macs = no_macs
VARIANTS = (
    Variant(
        name="generic",
        operator="LOG_SOFTMAX",
        accepts=lambda layer, _features: layer.signature in {"s8s8", "f32"},
        lower=lower,
        cost=lambda layer: (50.0 if layer.signature == "s8s8" else 120.0) * layer.outputs[0].elements,
        in_place=lambda _layer: (0,),
    ),
)
