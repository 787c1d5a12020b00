# SPDX-License-Identifier: Apache-2.0
"""The generic kernel of operators that only move elements: copies become loops, as few as their strides allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from harness.ops._base import Constant, Layer, Lowered, Number, Variant
from harness.ops._move import SIGNATURES, Move, Parameters, Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loop:
    """A loop over an axis: how far source and target move in a turn; ``table`` has the source's offsets instead."""

    extent: int
    source: int
    target: int
    table: tuple[int, ...] = ()


def no_macs(layer: Layer) -> int:
    """No multiply-accumulates: elements are moved."""
    del layer
    return 0


def moving_variant(operator: str) -> Variant:
    """Return the generic kernel of an operator that copies."""
    return Variant(
        name="generic",
        operator=operator,
        accepts=lambda layer, _features: layer.signature in set(SIGNATURES.values()),
        lower=lambda layer: lower_moves(layer, f"ops/{operator.lower()}/generic.c.j2"),
        cost=lambda layer: 5.0 * sum(output.elements for output in layer.outputs),
    )


def lower_moves(layer: Layer, template: str) -> Lowered:
    """Lower copies to loops, as few as their strides allow; runs of neighbours are copied at once."""
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    item = layer.outputs[0].dtype.item_bytes
    fill: dict[str, Number] = {"moves": len(parameters.moves), "filled": parameters.fill is not None}
    if parameters.fill is not None:
        fill |= {"fill": parameters.fill, "elements": layer.outputs[0].elements, "item": item}
    numbers: dict[str, Number] = fill
    constants: dict[str, Constant] = {}
    for number, move in enumerate(parameters.moves):
        source = layer.inputs[move.from_input]
        assert source is not None
        fixed = source.data is not None
        if fixed:
            assert source.data is not None
            name = f"values_{move.from_input}"
            constants[name] = Constant(name=name, values=source.data, role="weights")
        described, tables = _describe(move, number, item=item, fixed=fixed)
        numbers |= described
        constants |= tables
    return Lowered(template=template, numbers=numbers, constants=tuple(constants.values()))


def _describe(
    move: Move, number: int, *, item: int, fixed: bool
) -> tuple[Mapping[str, Number], Mapping[str, Constant]]:
    """Return a copy as its template needs it, and its tables of offsets."""
    loops = _loops(move)
    run = 1
    if loops and not fixed and not loops[-1].table and loops[-1].source == loops[-1].target == 1:
        run = loops[-1].extent
        loops = loops[:-1]
    names = tuple(f"offsets_{number}_{k}" if loop.table else "" for k, loop in enumerate(loops))
    tables = {
        name: Constant(name=name, values=np.array(loop.table, np.int32), role="table")
        for name, loop in zip(names, loops, strict=True)
        if name
    }
    prefix = f"move_{number}_"
    return {
        f"{prefix}input": move.from_input,
        f"{prefix}output": move.to_output,
        f"{prefix}fixed": fixed,
        f"{prefix}source": sum(int(vector[0]) for vector in move.source),
        f"{prefix}target": sum(int(vector[0]) for vector in move.target),
        f"{prefix}extents": tuple(loop.extent for loop in loops),
        f"{prefix}sources": tuple(loop.source for loop in loops),
        f"{prefix}targets": tuple(loop.target for loop in loops),
        f"{prefix}tables": "|".join(names),
        f"{prefix}run_bytes": run * item if run > 1 else 0,
    }, tables


def _loops(move: Move) -> tuple[_Loop, ...]:
    """Return the loops of a copy, outermost first; axes that continue one another are one."""
    merged: list[_Loop] = []
    for source, target in zip(move.source, move.target, strict=True):
        for loop in _axis_loops(source, target):
            outer = merged[-1] if merged else None
            if (
                outer is not None
                and not outer.table
                and not loop.table
                and outer.source == loop.extent * loop.source
                and outer.target == loop.extent * loop.target
            ):
                merged[-1] = _Loop(extent=outer.extent * loop.extent, source=loop.source, target=loop.target)
            else:
                merged.append(loop)
    return tuple(merged)


def _axis_loops(source: Vector, target: Vector) -> tuple[_Loop, ...]:
    """Return the loops over one axis: none for a single element, two where a pattern repeats, else one."""
    extent = len(source)
    if extent == 1:
        return ()
    step = _step(target)
    assert step is not None
    stride = _step(source)
    if stride is not None:
        return (_Loop(extent=extent, source=stride, target=step),)
    for inner in (size for size in range(2, extent) if extent % size == 0):
        rows = source.reshape(-1, inner)
        first, turn = rows[0] - rows[0, 0], rows[:, 0]
        strides = _step(turn), _step(first)
        if strides[0] is not None and strides[1] is not None and np.array_equal(rows, turn[:, None] + first):
            return (
                _Loop(extent=extent // inner, source=strides[0], target=step * inner),
                _Loop(extent=inner, source=strides[1], target=step),
            )
    offsets = tuple(int(offset) for offset in source - source[0])
    return (_Loop(extent=extent, source=0, target=step, table=offsets),)


def _step(vector: Vector) -> int | None:
    """Return the distance between neighbours where it is always the same."""
    steps = np.diff(vector)
    return int(steps[0]) if len(steps) and bool((steps == steps[0]).all()) else None
