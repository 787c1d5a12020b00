# SPDX-License-Identifier: Apache-2.0
"""Functions of one input, element by element: for int8 a table of all 256 answers, made here, for floats the function.

The tables hold what the reference kernels compute, by the arithmetic that each of them uses: most look up a table
themselves, filled in single precision (TensorFlow, ``tensorflow/lite/kernels/internal/common.h``, ``LUTPopulate``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from harness.graph import DType, Graph, Node
from harness.ops._base import Constant, Layer, Lowered, Number, Variant
from harness.ops._check import computed, expect_shape, operands, refuse, signature, version_at_most
from harness.ops._fixed_point import doubling_high_multiply, rounding_shift_right
from harness.ops._quantized import INT8_MAX, INT8_MIN, Multiplier, per_tensor, quantize_multiplier

CODES = range(INT8_MIN, INT8_MAX + 1)
_COSTS = {"s8s8": 8.0, "s16s8": 22.0}  # instructions for one element, by signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Affine:
    """real = scale * (q - zero)."""

    scale: float
    zero: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sixteen:
    """How a function of one int16 input is computed: what its template and ``numbers["kind"]`` of it need."""

    numbers: Mapping[str, Number]
    constants: tuple[Constant, ...] = ()
    helpers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """``answers[q + 128]`` is the output for an int8 input ``q``; int16 has ``sixteen`` instead, float neither."""

    answers: NDArray[np.int8] | NDArray[np.uint8] | None
    numbers: Mapping[str, Number]
    sixteen: Sixteen | None = None


Answers = Callable[[Affine, Affine], NDArray[np.int8]]
Sixteens = Callable[[Node, Graph, Affine, Affine], Sixteen]


def parse_unary(
    node: Node,
    graph: Graph,
    answers: Answers | None,
    *,
    newest: int,
    numbers: Mapping[str, Number] | None = None,
    sixteen: Sixteens | None = None,
) -> Layer:
    """Check a function of one input and fill its table.

    ``answers`` is None where the reference has no int8, ``sixteen`` where it has no int16.
    """
    version_at_most(node, graph, newest)
    (source,) = operands(node, graph, minimum=1, maximum=1)
    assert source is not None
    output = graph.tensor(node.outputs[0])
    if answers is None:
        kind = signature_f32(node, graph)
    else:
        kind = signature(node, graph, source, output, wide=sixteen is not None)
    computed(node, graph, source)
    expect_shape(node, graph, output, source.shape, "output")
    parameters = Parameters(answers=None, numbers=numbers or {})
    if kind != "f32":
        first, last = (
            Affine(scale=scale, zero=zero) for scale, zero in (per_tensor(node, graph, t) for t in (source, output))
        )
        if kind == "s8s8" and answers is not None:
            parameters = replace(parameters, answers=answers(first, last))
        elif sixteen is not None:
            parameters = replace(parameters, sixteen=sixteen(node, graph, first, last))
    return Layer(node=node, inputs=(source,), outputs=(output,), signature=kind, parameters=parameters)


def signature_f32(node: Node, graph: Graph) -> str:
    """Return ``f32`` where input and output are float32, the only type that the reference kernel has."""
    for index in (*node.inputs, *node.outputs):
        if index != -1 and graph.tensor(index).dtype is not DType.FLOAT32:
            raise refuse(node, graph, "its types must be float32", "Leave this layer in float32, or replace it.")
    return "f32"


def lower_unary(layer: Layer) -> Lowered:
    """Lower to a loop over all elements."""
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    numbers: dict[str, Number] = {"elements": layer.outputs[0].elements, **parameters.numbers}
    if parameters.sixteen is not None:
        return Lowered(
            template="ops/unary_16.c.j2",
            numbers=numbers | dict(parameters.sixteen.numbers),
            constants=parameters.sixteen.constants,
            helpers=parameters.sixteen.helpers,
        )
    constants: tuple[Constant, ...] = ()
    if parameters.answers is not None:
        constants = (Constant(name="answers", values=parameters.answers, role="table"),)
    return Lowered(template=f"ops/{layer.node.op.lower()}/generic.c.j2", numbers=numbers, constants=constants)


def unary_variant(operator: str, *, cost_f32: float = 40.0) -> Variant:
    """Return the generic variant of a function of one input; ``cost_f32`` is in instructions for one element."""
    return Variant(
        name="generic",
        operator=operator,
        accepts=lambda layer, _features: layer.signature in _COSTS or layer.signature == "f32",
        lower=lower_unary,
        cost=lambda layer: _COSTS.get(layer.signature, cost_f32) * layer.outputs[0].elements,
        in_place=lambda _layer: (0,),
    )


def no_macs(layer: Layer) -> int:
    """No multiply-accumulates."""
    del layer
    return 0


def looked_up(
    function: Callable[[NDArray[np.float64]], NDArray[np.float64]], source: Affine, output: Affine
) -> NDArray[np.int8]:
    """Return the answers of a real function as the reference's table has them.

    All is in single precision but the function itself, which is computed in double and rounded.
    """
    scale, inverse = np.float32(source.scale), np.float32(1.0) / np.float32(output.scale)
    reals = scale * (np.arange(INT8_MIN, INT8_MAX + 1) - source.zero).astype(np.float32)
    with np.errstate(all="ignore"):
        values = np.asarray(function(reals.astype(np.float64)), dtype=np.float32) * inverse
        rounded = np.nan_to_num(_round_away(values) + np.float32(output.zero), nan=INT8_MIN)  # as the reference does
        answers: NDArray[np.int8] = np.clip(rounded, INT8_MIN, INT8_MAX).astype(np.int8)
    return answers


def requantized(value: int, multiplier: Multiplier) -> int:
    """Return value * multiplier, rounded after the product and after the shift, as C's ``requantize`` does."""
    left = multiplier.shift
    shifted = _wrap(value << left) if left > 0 else value
    product = doubling_high_multiply(shifted, multiplier.value)
    return rounding_shift_right(product, -left if left < 0 else 0)


def clamped(value: int, low: int = INT8_MIN, high: int = INT8_MAX) -> int:
    """Return the value, or the nearer end of the range."""
    return max(low, min(high, value))


def _wrap(value: int) -> int:
    return (value + (1 << 31)) % (1 << 32) - (1 << 31)


def _round_away(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Round to nearest, halves away from zero; exact in single precision, as C's ``roundf``."""
    wide = values.astype(np.float64)
    return np.copysign(np.floor(np.abs(wide) + 0.5), wide).astype(np.float32)


def ratio(source_scale: float, output_scale: float) -> Multiplier:
    """Return the multiplier from one scale to another, divided in single precision."""
    return quantize_multiplier(float(np.float32(source_scale) / np.float32(output_scale)))


def stored(real: float, output: Affine) -> int:
    """Return the number that stands for a real one, divided in single precision and rounded halves away from zero."""
    steps = float(np.float32(real) / np.float32(output.scale))
    return output.zero + int(math.copysign(math.floor(abs(steps) + 0.5), steps))


def relu_answers(low: float, high: float | None) -> Answers:
    """Return how to fill the table of a clamp between two reals; without ``high`` up to the highest output.

    Source: TensorFlow, ``tensorflow/lite/kernels/activations.cc`` (``QuantizedReluX``).
    """

    def answers(source: Affine, output: Affine) -> NDArray[np.int8]:
        multiplier = ratio(source.scale, output.scale)
        lowest = max(INT8_MIN, stored(low, output))
        highest = INT8_MAX if high is None else min(INT8_MAX, stored(high, output))
        return np.array(
            [clamped(output.zero + requantized(code - source.zero, multiplier), lowest, highest) for code in CODES],
            dtype=np.int8,
        )

    return answers
