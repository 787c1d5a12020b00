# SPDX-License-Identifier: Apache-2.0
"""SUM over any dimensions."""

from __future__ import annotations

from dataclasses import dataclass

from harness.graph import Graph, Node
from harness.ops._base import Layer, Lowered, Number, Variant
from harness.ops._binary import of_type
from harness.ops._check import computed, version_at_most
from harness.ops._move import inputs_of, moved_type
from harness.ops._move_loops import no_macs
from harness.ops._quantized import Multiplier, checked_multiplier, ends, per_tensor, requantization
from harness.ops._reduce import Reduction, reduction

_NEWEST_VERSION = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """A sum; an int8 one is rescaled to the output's scale."""

    reduction: Reduction
    input_zero: int = 0
    output_zero: int = 0
    multiplier: Multiplier | None = None


def parse(node: Node, graph: Graph) -> Layer:
    """Check the axes and compute the factor of the scales.

    Source: TensorFlow, ``tensorflow/lite/kernels/internal/reference/reduce.h`` (``QuantizedMeanOrSum``). The reference
    kernel takes int8 for uint8, so that negative numbers become large ones; what the interpreter's other kernels
    compute, and a user expects, holds here.
    """
    version_at_most(node, graph, _NEWEST_VERSION)
    source, axes = inputs_of(node, graph, 2)
    output = graph.tensor(node.outputs[0])
    kind = moved_type(node, graph, source, output)
    computed(node, graph, source)
    parameters = Parameters(reduction=reduction(node, graph, source, axes, output))
    if kind in {"s8s8", "s16s8"}:
        input_scale, input_zero = per_tensor(node, graph, source)
        output_scale, output_zero = per_tensor(node, graph, output)
        parameters = Parameters(
            reduction=parameters.reduction,
            input_zero=input_zero,
            output_zero=output_zero,
            multiplier=checked_multiplier(node, graph, input_scale / output_scale),
        )
    return Layer(node=node, inputs=(source,), outputs=(output,), signature=kind, parameters=parameters)


def lower(layer: Layer) -> Lowered:
    """Lower to the generic kernel."""
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    numbers: dict[str, Number] = parameters.reduction.numbers()
    numbers |= {"start": 0}
    helpers: tuple[str, ...] = ("requantize",) if layer.signature == "s32" else ()
    if parameters.multiplier is not None:
        scaling, _ = requantization([parameters.multiplier], rounded_once=True)
        low, high = ends(layer.outputs[0].dtype)
        numbers |= scaling | {
            "start": -parameters.input_zero * parameters.reduction.count,
            "output_zero": parameters.output_zero,
            "low": low,
            "high": high,
        }
        helpers = of_type(("requantize", "clamp_s8"), layer)
    return Lowered(template="ops/sum/generic.c.j2", numbers=numbers, helpers=helpers)


macs = no_macs
VARIANTS = (
    Variant(
        name="generic",
        operator="SUM",
        accepts=lambda layer, _features: layer.signature in {"s8s8", "s16s8", "s32", "f32"},
        lower=lower,
        cost=lambda layer: 6.0 * (layer.inputs[0].elements if layer.inputs[0] is not None else 0),
    ),
)
