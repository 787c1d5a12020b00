# SPDX-License-Identifier: Apache-2.0
"""The boards of a study side by side: the least of each figure, and how the boards compare for the same candidates."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from harness.report.dataset import Axis, Dataset
from harness.report.figures import Column


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardFigure:
    """A figure on a board: its least value on the front with the trial, and the median ratio to the first board.

    The ratio is over ``candidates`` that were measured on both; None where there are none.
    """

    axis: Axis
    least: float | None
    trial: int | None
    ratio: float | None
    candidates: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardLine:
    """One figure on all boards, in their order; None where a board does not have it."""

    column: Column
    figures: tuple[BoardFigure | None, ...]


def board_lines(dataset: Dataset) -> tuple[tuple[str, ...], tuple[BoardLine, ...]]:
    """Return the boards, and a line for each figure that two of them have at least."""
    boards = tuple(dict.fromkeys(axis.board for axis in dataset.axes if axis.board is not None))
    shared: dict[str, dict[str, Axis]] = {}
    for axis in dataset.axes:
        if axis.board is not None and axis.in_table:
            shared.setdefault(axis.column.id, {})[axis.board] = axis
    lines = []
    for found in shared.values():
        if len(found) > 1:
            first = next(iter(found.values()))
            figures = tuple(_figure(dataset, found[b], first) if b in found else None for b in boards)
            lines.append(BoardLine(column=first.column, figures=figures))
    return boards, tuple(lines)


def _figure(dataset: Dataset, axis: Axis, first: Axis) -> BoardFigure:
    front = [(v, row.number) for row in dataset.rows if row.status == "front" and (v := dataset.value(row, axis))]
    least, trial = min(front, default=(None, None))
    ratios = [
        here / there
        for row in dataset.rows
        if row.status != "not verified"
        if (here := dataset.value(row, axis)) and (there := dataset.value(row, first))
    ]
    return BoardFigure(
        axis=axis, least=least, trial=trial, ratio=median(ratios) if ratios else None, candidates=len(ratios)
    )
