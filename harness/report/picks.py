# SPDX-License-Identifier: Apache-2.0
"""Which candidates to look at first, and what the next better one costs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log

from harness.report.dataset import Axis, Dataset, Row
from harness.report.figures import Kind
from harness.report.standing import StudyFacts

_MOST_STEPS = 8
_SENSES: tuple[tuple[str, tuple[Kind, ...]], ...] = (
    ("Smallest", ("bytes",)),
    ("Fastest", ("time", "cycles", "instructions")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """A candidate of the front, and in what it is the best: ``reasons`` as ("Smallest", "RAM")."""

    row: Row
    reasons: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A candidate, and what it gives and takes against the one before: a difference and a share."""

    row: Row
    gain: float
    more: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """The way from the cheapest candidate of the front to the best, by one cost; the first step is where it begins.

    ``left_out`` candidates lie between, most of them at a worse rate.
    """

    cost: Axis
    metric: Axis
    steps: tuple[Step, ...]
    left_out: int


def picks_of(dataset: Dataset, facts: StudyFacts) -> tuple[Pick, ...]:
    """Return the smallest, the fastest and the most accurate candidate of the front; one may be several of them.

    With several boards the least is that of the geometric mean over them. Ties go to the better metric.
    """
    front = [row for row in dataset.rows if row.status == "front"]
    wanted = [(each.name, each.board) for each in facts.objectives]
    found: dict[int, list[tuple[str, str]]] = {}
    rows = {row.number: row for row in front}
    for title, kinds in _SENSES:
        axes = _axes_of(dataset, wanted, kinds)
        ranked = [row for row in front if all(dataset.value(row, axis) is not None for axis in axes)]
        if axes and ranked:
            best = min(ranked, key=lambda row: (_mean_log(dataset, row, axes), _worse(dataset, row), row.number))
            found.setdefault(best.number, []).append((title, axes[0].column.label))
    if dataset.metric is not None and front:
        best = min(front, key=lambda row: (_worse(dataset, row), row.number))
        title = "Most accurate" if dataset.metric.column.kind == "percent" else "Best"
        found.setdefault(best.number, []).append((title, dataset.metric.column.label))
    return tuple(Pick(row=rows[number], reasons=tuple(reasons)) for number, reasons in found.items())


def price_of(dataset: Dataset, facts: StudyFacts) -> Price | None:
    """Return what one pays for the next better candidate, by the first cost among the objectives; None without one."""
    metric = dataset.metric
    costs = [axis for each in facts.objectives if (axis := dataset.axis(each.name, each.board)) and axis != metric]
    if metric is None or not costs:
        return None
    cost, sign = costs[0], -1.0 if metric.column.minimised else 1.0
    points = [
        (spent, sign * merit, row)
        for row in dataset.rows
        if row.status == "front"
        and (spent := dataset.value(row, cost)) is not None
        and (merit := dataset.value(row, metric)) is not None
    ]
    stairs = _stairs(points)
    kept = stairs if len(stairs) <= _MOST_STEPS else _thinned(_hull(stairs))
    steps = [
        Step(
            row=row,
            gain=sign * (merit - before[1]) if before else 0.0,
            more=spent / before[0] - 1 if before and before[0] else 0.0,
        )
        for before, (spent, merit, row) in zip([None, *kept], kept, strict=False)
    ]
    return Price(cost=cost, metric=metric, steps=tuple(steps), left_out=len(stairs) - len(kept)) if steps else None


def _axes_of(dataset: Dataset, wanted: Sequence[tuple[str, str | None]], kinds: Sequence[Kind]) -> list[Axis]:
    """Return one figure on every board that has it: an objective of these kinds, else the first kind that is there."""
    asked = [axis for name, board in wanted if (axis := dataset.axis(name, board)) and axis.column.kind in kinds]
    there = (axis for kind in kinds for axis in dataset.axes if axis.column.kind == kind)
    first = next(iter(asked), None) or next(there, None)
    return [axis for axis in dataset.axes if first is not None and axis.column.id == first.column.id]


def _mean_log(dataset: Dataset, row: Row, axes: Iterable[Axis]) -> float:
    return sum(log(max(dataset.value(row, axis) or 0.0, 1e-12)) for axis in axes)


def _worse(dataset: Dataset, row: Row) -> float:
    """Return the metric so that less is better; what has none comes last."""
    value = None if dataset.metric is None else dataset.value(row, dataset.metric)
    if dataset.metric is None or value is None:
        return float("inf")
    return value if dataset.metric.column.minimised else -value


_Point = tuple[float, float, Row]


def _stairs(points: Iterable[_Point]) -> list[_Point]:
    """Return the points that nothing cheaper equals, the cheapest first."""
    stairs: list[_Point] = []
    for point in sorted(points, key=lambda p: (p[0], -p[1], p[2].number)):
        if not stairs or point[1] > stairs[-1][1]:
            stairs.append(point)
    return stairs


def _hull(stairs: Sequence[_Point]) -> list[_Point]:
    """Return those points after which each further gain is dearer than the one before."""
    hull: list[_Point] = []
    for point in stairs:
        while len(hull) > 1 and _rate(hull[-2], hull[-1]) <= _rate(hull[-1], point):
            hull.pop()
        hull.append(point)
    return hull


def _thinned(points: Sequence[_Point]) -> list[_Point]:
    """Return at most as many as are shown, evenly chosen, the first and the last among them."""
    if len(points) <= _MOST_STEPS:
        return list(points)
    last = len(points) - 1
    return [points[round(at * last / (_MOST_STEPS - 1))] for at in range(_MOST_STEPS)]


def _rate(one: _Point, other: _Point) -> float:
    return (other[1] - one[1]) / max(other[0] - one[0], 1e-12)
