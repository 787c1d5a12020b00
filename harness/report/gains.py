# SPDX-License-Identifier: Apache-2.0
"""What each step of compression bought: candidates with it against those without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from harness.records import Candidate
from harness.report.dataset import Axis, Dataset, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How a figure differs with a step: a share of what it is without, or of a metric a difference.

    ``pairs`` candidates differ in that step alone; where there is none, medians of all with and without are compared.
    None where there is nothing to compare.
    """

    axis: Axis
    change: float | None
    pairs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """A compression step: how many candidates have it, how many of those are on the front, what it changes."""

    step: str
    candidates: int
    on_front: int
    changes: tuple[Change, ...]


def gains_of(dataset: Dataset) -> tuple[Gain, ...]:
    """Return what each technique that some candidate has changes in the objectives, by name."""
    rows = [(row, candidate) for row in dataset.rows if (candidate := row.entries[0].candidate) and _counts(row)]
    axes = [axis for axis in dataset.axes if axis.wanted]
    names = sorted({step.name for _, candidate in rows for step in candidate.compression})
    return tuple(_gain(name, rows, axes, dataset) for name in names)


def _counts(row: Row) -> bool:
    return row.status not in ("not verified", "incomplete")


def _gain(name: str, rows: Sequence[tuple[Row, Candidate]], axes: Sequence[Axis], dataset: Dataset) -> Gain:
    having = [(row, candidate) for row, candidate in rows if _has(candidate, name)]
    lacking = {_rest(candidate, name): row for row, candidate in rows if not _has(candidate, name)}
    pairs = [(row, lacking[rest]) for row, candidate in having if (rest := _rest(candidate, name)) in lacking]
    without = list(lacking.values())
    return Gain(
        step=name,
        candidates=len(having),
        on_front=sum(row.status == "front" for row, _ in having),
        changes=tuple(_change(axis, [row for row, _ in having], without, pairs, dataset) for axis in axes),
    )


def _has(candidate: Candidate, name: str) -> bool:
    return any(step.name == name for step in candidate.compression)


def _rest(candidate: Candidate, name: str) -> tuple[object, ...]:
    """Return all of a candidate but one step and the seed: equal in two that differ in nothing else."""
    others = tuple(step for step in candidate.compression if step.name != name)
    return candidate.task_key, candidate.family, candidate.parameters, others


def _change(
    axis: Axis, having: Sequence[Row], without: Sequence[Row], pairs: Sequence[tuple[Row, Row]], dataset: Dataset
) -> Change:
    found = [
        difference
        for one, other in pairs
        if (difference := _difference(axis, dataset.value(one, axis), dataset.value(other, axis))) is not None
    ]
    if found:
        return Change(axis=axis, change=median(found), pairs=len(found))
    one, other = (_median(dataset, rows, axis) for rows in (having, without))
    return Change(axis=axis, change=_difference(axis, one, other), pairs=0)


def _median(dataset: Dataset, rows: Sequence[Row], axis: Axis) -> float | None:
    values = [value for row in rows if (value := dataset.value(row, axis)) is not None]
    return median(values) if values else None


def _difference(axis: Axis, one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return None
    if axis.column.kind in ("percent", "metric"):
        return one - other
    return one / other - 1 if other else None
