# SPDX-License-Identifier: Apache-2.0
"""ADD: element by element, with numpy's rules of broadcasting; one operand may be constant."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from harness.graph import DType, Graph, Node, Tensor
from harness.ops._base import Layer, Lowered, Number, Variant
from harness.ops._binary import parse_binary
from harness.ops._broadcast import Loop, broadcast, broadcast_operands, in_place, loop_numbers, operand_constants
from harness.ops._check import refuse, signature, version_at_most
from harness.ops._quantized import Multiplier, Range, activation, output_range, per_tensor, quantize_multiplier
from harness.ops._sum_16 import sum_of_16, sum_variant_16

_NEWEST_VERSION = 5
_LEFT_SHIFT = 20  # headroom for the sum; TensorFlow, tensorflow/lite/kernels/add.cc


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """An addition; quantized operands are scaled to a common scale before they are added."""

    loops: tuple[Loop, ...]
    range: Range
    zeros: tuple[int, int] = (0, 0)
    output_zero: int = 0
    multipliers: tuple[Multiplier, ...] = ()  # first operand, second operand, output


def parse(node: Node, graph: Graph) -> Layer:
    """Check an addition, merge dimensions that are broadcast alike, and compute the three multipliers."""
    version_at_most(node, graph, _NEWEST_VERSION)
    first, second = broadcast_operands(node, graph, 2)
    output = graph.tensor(node.outputs[0])
    if output.dtype is DType.INT16:
        return parse_binary(node, graph, sum_of_16, newest=_NEWEST_VERSION, fused=True, wide=sum_of_16)
    kind = signature(node, graph, first, second, output)
    loops = broadcast(node, graph, (first, second), output)
    fused = activation(node, graph, node.options.integer(0, bits=8))
    parameters = Parameters(loops=loops, range=output_range(node, graph, fused, output))
    if kind == "s8s8":
        parameters = _quantize(node, graph, parameters, (first, second), output)
    return Layer(node=node, inputs=(first, second), outputs=(output,), signature=kind, parameters=parameters)


def macs(layer: Layer) -> int:
    """No multiply-accumulates: additions are not counted, as in MLPerf Tiny."""
    del layer
    return 0


def lower(layer: Layer) -> Lowered:
    """Lower to nested loops, as many as broadcasting needs: one where both operands have the same shape."""
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    numbers: dict[str, Number] = {
        **loop_numbers(parameters.loops),
        "low": parameters.range.low,
        "high": parameters.range.high,
    }
    if layer.signature == "s8s8":
        first, second, output = parameters.multipliers
        numbers |= {
            "left_shift": _LEFT_SHIFT,
            "first_offset": -parameters.zeros[0],
            "second_offset": -parameters.zeros[1],
            "output_zero": parameters.output_zero,
            "first_multiplier": first.value,
            "first_shift": first.shift,
            "second_multiplier": second.value,
            "second_shift": second.shift,
            "output_multiplier": output.value,
            "output_shift": output.shift,
        }
    return Lowered(
        template="ops/add/generic.c.j2",
        numbers=numbers,
        constants=operand_constants(layer),
        helpers=("requantize", "clamp_s8") if layer.signature == "s8s8" else ("clamp_f32",),
    )


def _quantize(
    node: Node, graph: Graph, parameters: Parameters, operands: tuple[Tensor, Tensor], output: Tensor
) -> Parameters:
    """Compute the multipliers as the reference does, and refuse what makes it stop: a ratio of 1 or more."""
    (first_scale, first_zero), (second_scale, second_zero) = (per_tensor(node, graph, t) for t in operands)
    output_scale, output_zero = per_tensor(node, graph, output)
    twice = 2.0 * max(first_scale, second_scale)
    reals = (first_scale / twice, second_scale / twice, twice / ((1 << _LEFT_SHIFT) * output_scale))
    if not 0.0 < reals[2] < 1.0:
        raise refuse(node, graph, f"its output's scale {output_scale:g} is too small for scales up to {twice / 2:g}")
    multipliers = tuple(quantize_multiplier(real) for real in reals)
    if any(multiplier.shift > 0 for multiplier in multipliers):
        raise refuse(node, graph, "the ratio of its scales is out of range")
    return dataclasses.replace(
        parameters, zeros=(first_zero, second_zero), output_zero=output_zero, multipliers=multipliers
    )


VARIANTS = (
    Variant(
        name="generic",
        operator="ADD",
        accepts=lambda layer, _features: layer.signature in {"s8s8", "f32"},
        lower=lower,
        cost=lambda layer: (60.0 if layer.signature == "s8s8" else 8.0) * layer.outputs[0].elements,
        in_place=in_place,
    ),
    sum_variant_16("ADD"),
)
