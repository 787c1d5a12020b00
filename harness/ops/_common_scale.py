# SPDX-License-Identifier: Apache-2.0
"""Sums and differences of quantized numbers: both operands are scaled to twice the larger scale, then to the output's.

Source: TensorFlow, ``tensorflow/lite/kernels/add.cc``, ``sub.cc`` and ``squared_difference.cc``.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.graph import Graph, Node
from harness.ops._base import Number
from harness.ops._check import refuse
from harness.ops._quantized import quantize_multiplier
from harness.ops._unary import Affine


def on_common_scale(
    node: Node, graph: Graph, inputs: tuple[Affine, Affine], output: Affine, *, left_shift: int, squared: bool = False
) -> Mapping[str, Number]:
    """Return offsets and multipliers for the template, and refuse what makes the reference stop: a ratio of 1 or more.

    ``left_shift`` is the headroom that an operand is given before it is scaled; ``squared`` says that the difference is
    multiplied by itself before it is scaled to the output's.
    """
    first, second = inputs
    twice = 2.0 * max(first.scale, second.scale)
    power = 2 if squared else 1
    last = twice**power / ((1 << (power * left_shift)) * output.scale)
    if not 0.0 < last < 1.0:
        raise refuse(
            node,
            graph,
            f"its output's scale {output.scale:g} is too small for scales up to {twice / 2:g}: TFLite stops here too",
            "Its output hardly varied over the representative data: convert with more of them, or in float32.",
        )
    one, two, result = (quantize_multiplier(real) for real in (first.scale / twice, second.scale / twice, last))
    if max(one.shift, two.shift, result.shift) > 0:
        raise refuse(node, graph, "the ratio of its scales is out of range")
    return {
        "left_shift": left_shift,
        "first_offset": -first.zero,
        "second_offset": -second.zero,
        "output_zero": output.zero,
        "first_multiplier": one.value,
        "first_shift": one.shift,
        "second_multiplier": two.value,
        "second_shift": two.shift,
        "output_multiplier": result.value,
        "output_shift": result.shift,
    }
