# SPDX-License-Identifier: Apache-2.0
"""MEAN over any dimensions, such as the height and width of an image (global average pooling)."""

from __future__ import annotations

from dataclasses import dataclass

from harness.graph import Graph, Node
from harness.ops._base import Layer, Lowered, Number, Variant
from harness.ops._binary import of_type
from harness.ops._check import computed, operands, signature, version_at_most
from harness.ops._quantized import (
    FLOAT_MAX,
    Multiplier,
    checked_multiplier,
    ends,
    per_tensor,
    requantization,
)
from harness.ops._reduce import Reduction, reduction

_NEWEST_VERSION = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """A mean; quantized, its multiplier has the division by the number of elements in it."""

    reduction: Reduction
    input_zero: int = 0
    output_zero: int = 0
    multiplier: Multiplier | None = None


def parse(node: Node, graph: Graph) -> Layer:
    """Check a mean; its scale has the division by the number of elements in it.

    Source: TensorFlow, ``tensorflow/lite/kernels/internal/reference/reduce.h`` (``QuantizedMeanOrSum``).
    """
    version_at_most(node, graph, _NEWEST_VERSION)
    source, axes = operands(node, graph, minimum=2, maximum=2)
    assert source is not None
    assert axes is not None
    output = graph.tensor(node.outputs[0])
    kind = signature(node, graph, source, output, wide=True)
    computed(node, graph, source)
    reduced = reduction(node, graph, source, axes, output)
    parameters = Parameters(reduction=reduced)
    if kind != "f32":
        input_scale, input_zero = per_tensor(node, graph, source)
        output_scale, output_zero = per_tensor(node, graph, output)
        parameters = Parameters(
            reduction=reduced,
            input_zero=input_zero,
            output_zero=output_zero,
            multiplier=_divided(checked_multiplier(node, graph, input_scale / output_scale), reduced.count),
        )
    return Layer(node=node, inputs=(source,), outputs=(output,), signature=kind, parameters=parameters)


def macs(layer: Layer) -> int:
    """No multiply-accumulates."""
    del layer
    return 0


def lower(layer: Layer) -> Lowered:
    """Lower to the generic kernel; every sum begins with the input's zero points."""
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    numbers: dict[str, Number] = parameters.reduction.numbers()
    if parameters.multiplier is None:
        numbers |= {"low": -FLOAT_MAX, "high": FLOAT_MAX}
        return Lowered(template="ops/mean/generic.c.j2", numbers=numbers)
    scaling, _ = requantization([parameters.multiplier])
    low, high = ends(layer.outputs[0].dtype)
    numbers |= scaling | {
        "start": -parameters.input_zero * parameters.reduction.count,
        "output_zero": parameters.output_zero,
        "low": low,
        "high": high,
    }
    return Lowered(
        template="ops/mean/generic.c.j2", numbers=numbers, helpers=of_type(("requantize", "clamp_s8"), layer)
    )


def _divided(multiplier: Multiplier, count: int) -> Multiplier:
    """Divide a multiplier, with as many bits as fit, before its rounding towards zero loses them."""
    extra = min(count.bit_length() - 1, 32, 31 + multiplier.shift)
    return Multiplier(value=(multiplier.value << extra) // count, shift=multiplier.shift - extra)


VARIANTS = (
    Variant(
        name="generic",
        operator="MEAN",
        accepts=lambda layer, _features: layer.signature in {"s8s8", "s16s8", "f32"},
        lower=lower,
        cost=lambda layer: 6.0 * (layer.inputs[0].elements if layer.inputs[0] is not None else 0),
    ),
)
