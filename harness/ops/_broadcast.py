# SPDX-License-Identifier: Apache-2.0
"""Broadcasting, by numpy's rules: the loops over an output, and how far each operand moves in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.graph import Graph, Node, Tensor
from harness.ops._base import Constant, Layer, Number
from harness.ops._check import expect_shape, operands, refuse

MAX_LOOPS = 6
_NAMES = ("first", "second", "third")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """One loop over the output: its extent, and how far each operand moves in a turn (0 where it is broadcast)."""

    extent: int
    strides: tuple[int, ...]


def broadcast_operands(node: Node, graph: Graph, count: int) -> tuple[Tensor, ...]:
    """Return the operands, at least one of them computed at run time. Raises UnsupportedModel."""
    found = tuple(tensor for tensor in operands(node, graph, minimum=count, maximum=count) if tensor is not None)
    if all(tensor.data is not None for tensor in found):
        which = "both" if count == 2 else "all"
        raise refuse(node, graph, f"{which} operands are constant", "Let the converter fold operators on constants.")
    return found


def broadcast(node: Node, graph: Graph, inputs: Sequence[Tensor], output: Tensor) -> tuple[Loop, ...]:
    """Check the output's shape and return the loops, outermost first. Raises UnsupportedModel."""
    try:
        shape = np.broadcast_shapes(*(tensor.shape for tensor in inputs))
    except ValueError:
        raise refuse(node, graph, "its shapes cannot be broadcast to one") from None
    expect_shape(node, graph, output, shape, "output")
    loops = merge_loops([tensor.shape for tensor in inputs], output.shape)
    if len(loops) > MAX_LOOPS:
        raise refuse(node, graph, f"it is broadcast in more than {MAX_LOOPS} directions")
    return loops


def merge_loops(shapes: Sequence[Sequence[int]], output: Sequence[int]) -> tuple[Loop, ...]:
    """Return the loops, outermost first; neighbouring dimensions that are broadcast alike become one."""
    rank = len(output)
    padded = [(1,) * (rank - len(shape)) + tuple(shape) for shape in shapes]
    loops: list[Loop] = []
    steps = [1] * len(padded)
    for dimension in reversed(range(rank)):
        extent = output[dimension]
        moves = tuple(shape[dimension] == extent for shape in padded)
        if extent > 1:
            inner = loops[-1] if loops else None
            if inner is not None and tuple(stride != 0 for stride in inner.strides) == moves:
                loops[-1] = Loop(extent=inner.extent * extent, strides=inner.strides)
            else:
                strides = tuple(step if move else 0 for step, move in zip(steps, moves, strict=True))
                loops.append(Loop(extent=extent, strides=strides))
        steps = [step * shape[dimension] for step, shape in zip(steps, padded, strict=True)]
    return tuple(reversed(loops)) or (Loop(extent=1, strides=(0,) * len(padded)),)


def loop_numbers(loops: Sequence[Loop]) -> dict[str, Number]:
    """Return the loops as templates read them: ``extents``, ``first_strides``, ``second_strides``, ..."""
    numbers: dict[str, Number] = {"extents": tuple(loop.extent for loop in loops)}
    for number, name in enumerate(_NAMES[: len(loops[0].strides)]):
        numbers[f"{name}_strides"] = tuple(loop.strides[number] for loop in loops)
    return numbers


def operand_constants(layer: Layer) -> tuple[Constant, ...]:
    """Return the operands that are constant, named ``first``, ``second``, ..."""
    return tuple(
        Constant(name=name, values=tensor.data, role="weights")
        for name, tensor in zip(_NAMES, layer.inputs, strict=False)
        if tensor is not None and tensor.data is not None
    )


def in_place(layer: Layer) -> tuple[int, ...]:
    """Say which operands the output may overwrite: as large, read once, in the order of writing."""
    return tuple(
        number
        for number, tensor in enumerate(layer.inputs)
        if tensor is not None
        and tensor.data is None
        and tensor.elements == layer.outputs[0].elements
        and tensor.size_bytes == layer.outputs[0].size_bytes
    )
