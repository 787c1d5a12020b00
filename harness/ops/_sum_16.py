# SPDX-License-Identifier: Apache-2.0
"""ADD and SUB of int16: operands are scaled to a common scale, or only shifted where all scales are powers of two.

Source: TensorFlow, ``tensorflow/lite/kernels/add.cc`` and ``sub.cc``. The converter leaves the option that asks for the
latter (``pot_scale_int16``) at its default, which is true.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.graph import Graph, Node
from harness.ops._base import Layer, Lowered, Number, Variant
from harness.ops._binary import Parameters
from harness.ops._broadcast import in_place, loop_numbers, operand_constants
from harness.ops._check import refuse
from harness.ops._common_scale import on_common_scale
from harness.ops._unary import Affine
from harness.ops._unary_16 import power_of_two

_LEFT_SHIFT = 15  # headroom for the sum
_POWERS_FIELD = 1  # of the options


def sum_of_16(node: Node, graph: Graph, inputs: tuple[Affine, Affine], output: Affine) -> Mapping[str, Number]:
    """Return the numbers of the template, and refuse what makes the reference stop."""
    first, second = inputs
    powers = [power_of_two(tensor.scale) for tensor in (first, second, output)]
    if node.options.boolean(_POWERS_FIELD, True) and None not in powers:
        a, b = (power - (powers[2] or 0) for power in powers[:2] if power is not None)
        return _shifted(node, graph, a, b)
    return {"shifted": False, **on_common_scale(node, graph, inputs, output, left_shift=_LEFT_SHIFT)}


def _shifted(node: Node, graph: Graph, first: int, second: int) -> Mapping[str, Number]:
    """Check the exponents of the inputs' scales to the output's: one is 0, the other is not above it."""
    if max(first, second) != 0:
        raise refuse(
            node,
            graph,
            "all its scales are powers of two, and neither input has the output's with the other below it",
            "Quantize the model again with other data.",
        )
    if node.op == "ADD" and len({graph.tensor(index).shape for index in node.inputs}) > 1:
        raise refuse(node, graph, "all its scales are powers of two: the reference cannot broadcast it then")
    return {"shifted": True, "first_shift": -first, "second_shift": -second}


def lower_sum(layer: Layer) -> Lowered:
    """Lower to nested loops."""
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    return Lowered(
        template="ops/sum_16.c.j2",
        numbers={
            **loop_numbers(parameters.loops),
            **parameters.numbers,
            "sign": "-" if layer.node.op == "SUB" else "+",
        },
        constants=operand_constants(layer),
        helpers=("requantize", "clamp_s16"),
    )


def sum_variant_16(operator: str) -> Variant:
    """Return the generic variant for int16."""
    return Variant(
        name="generic_16x8",
        operator=operator,
        accepts=lambda layer, _features: layer.signature == "s16s8",
        lower=lower_sum,
        cost=lambda layer: 60.0 * layer.outputs[0].elements,
        in_place=in_place,
    )
