# SPDX-License-Identifier: Apache-2.0
"""ADD: element by element, with numpy's rules of broadcasting; one operand may be constant."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.graph import Graph, Node, Tensor
from harness.ops._base import Constant, Layer, Lowered, Number, Variant
from harness.ops._check import expect_shape, operands, refuse, signature, version_at_most
from harness.ops._quantized import Multiplier, Range, activation, output_range, per_tensor, quantize_multiplier

_NEWEST_VERSION = 5
_LEFT_SHIFT = 20  # headroom for the sum; TensorFlow, tensorflow/lite/kernels/add.cc
_MAX_LOOPS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """One loop over the output: its extent, and how far each operand moves in a turn (0 where it is broadcast)."""

    extent: int
    strides: tuple[int, int]


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
    first, second = operands(node, graph, minimum=2, maximum=2)
    assert first is not None
    assert second is not None
    output = graph.tensor(node.outputs[0])
    kind = signature(node, graph, first, second, output)
    if first.data is not None and second.data is not None:
        raise refuse(node, graph, "both operands are constant", "Let the converter fold operators on constants.")
    try:
        shape = np.broadcast_shapes(first.shape, second.shape)
    except ValueError:
        raise refuse(node, graph, "its shapes cannot be broadcast to one") from None
    expect_shape(node, graph, output, shape, "output")
    loops = _merge(first.shape, second.shape, output.shape)
    if len(loops) > _MAX_LOOPS:
        raise refuse(node, graph, f"it is broadcast in more than {_MAX_LOOPS} directions")
    fused = activation(node, graph, node.options.integer(0, bits=8))
    parameters = Parameters(loops=loops, range=output_range(node, graph, fused, output, kind))
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
        "extents": tuple(loop.extent for loop in parameters.loops),
        "first_strides": tuple(loop.strides[0] for loop in parameters.loops),
        "second_strides": tuple(loop.strides[1] for loop in parameters.loops),
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
    constants = tuple(
        Constant(name=name, values=tensor.data, role="weights")
        for name, tensor in zip(("first", "second"), layer.inputs, strict=True)
        if tensor is not None and tensor.data is not None
    )
    return Lowered(
        template="ops/add/generic.c.j2",
        numbers=numbers,
        constants=constants,
        helpers=("requantize", "clamp_s8") if layer.signature == "s8s8" else ("clamp_f32",),
    )


def in_place(layer: Layer) -> tuple[int, ...]:
    """Say which operands the output may overwrite: those that are read once, in the order of writing."""
    return tuple(
        number
        for number, tensor in enumerate(layer.inputs)
        if tensor is not None and tensor.data is None and tensor.elements == layer.outputs[0].elements
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


def _merge(first: Sequence[int], second: Sequence[int], output: Sequence[int]) -> tuple[Loop, ...]:
    """Return the loops, outermost first; neighbouring dimensions that are broadcast alike become one."""
    rank = len(output)
    shapes = [(1,) * (rank - len(shape)) + tuple(shape) for shape in (first, second)]
    loops: list[Loop] = []
    steps = [1, 1]
    for dimension in reversed(range(rank)):
        extent = output[dimension]
        moves = tuple(shape[dimension] == extent for shape in shapes)
        if extent > 1:
            inner = loops[-1] if loops else None
            if inner is not None and tuple(stride != 0 for stride in inner.strides) == moves:
                loops[-1] = Loop(extent=inner.extent * extent, strides=inner.strides)
            else:
                strides = tuple(step if move else 0 for step, move in zip(steps, moves, strict=True))
                loops.append(Loop(extent=extent, strides=(strides[0], strides[1])))
        steps = [step * shape[dimension] for step, shape in zip(steps, shapes, strict=True)]
    return tuple(reversed(loops)) or (Loop(extent=1, strides=(0, 0)),)


VARIANTS = (
    Variant(
        name="generic",
        operator="ADD",
        accepts=lambda layer, _features: layer.signature in {"s8s8", "f32"},
        lower=lower,
        cost=lambda layer: (60.0 if layer.signature == "s8s8" else 8.0) * layer.outputs[0].elements,
        in_place=in_place,
    ),
)
