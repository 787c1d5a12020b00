# SPDX-License-Identifier: Apache-2.0
"""The candidates of a study over all boards as rows and axes: what the page's script draws and sorts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, TypeAlias

from harness.records import Quantity, Scalar
from harness.report.content import Content, Part
from harness.report.figures import ASIDE, Column, Entry, column_named, quantity, ranking_metric
from harness.report.standing import StudyFacts
from harness.report.words import digits_of, parameters_text, step_text, unit_of
from harness.search import TrialOutcome

Status: TypeAlias = Literal["front", "beaten", "breaks a limit", "incomplete", "not verified"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A figure of all candidates: of one board, or of the host where ``board`` is None.

    ``wanted`` says that it is an objective. ``low`` and ``high`` are the study's limits, ``digits`` the decimals that
    its figures get.
    """

    column: Column
    board: str | None
    wanted: bool
    low: float | None
    high: float | None
    digits: int

    @property
    def id(self) -> str:
        return self.column.id if self.board is None else f"{self.column.id}@{self.board}"

    @property
    def in_table(self) -> bool:
        """Parts of a memory stand in the table only where the study asks for them."""
        return self.wanted or self.low is not None or self.high is not None or self.column.name not in ASIDE


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A candidate, measured on one board at least; ``quantities`` are in the order of the axes."""

    number: int
    entries: tuple[Entry, ...]  # one a board
    family: str
    status: Status
    quantities: tuple[Quantity | None, ...]
    parameters: Mapping[str, Scalar]  # of the whole proposal, as the driver names them

    @property
    def network(self) -> str:
        candidate = self.entries[0].candidate
        return parameters_text(candidate.parameters) if candidate else ""

    @property
    def compression(self) -> str:
        candidate = self.entries[0].candidate
        return " + ".join(step_text(step) for step in candidate.compression) if candidate else ""


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """All candidates of a study that were measured, each once."""

    axes: tuple[Axis, ...]
    rows: tuple[Row, ...]
    metric: Axis | None  # what candidates are compared by first

    def axis(self, name: str, board: str | None) -> Axis | None:
        """Return the axis of a figure by the name that objectives and limits have."""
        here = [axis for axis in self.axes if axis.board == board]
        column = column_named([axis.column for axis in here], name)
        return next((axis for axis in here if axis.column == column), None)

    def quantity(self, row: Row, axis: Axis) -> Quantity | None:
        """Return a candidate's figure with how it was obtained, None where it has none."""
        return row.quantities[self._places[axis.id]]

    def value(self, row: Row, axis: Axis) -> float | None:
        """Return the value of a candidate's figure."""
        found = self.quantity(row, axis)
        return None if found is None else found.value

    @cached_property
    def _places(self) -> Mapping[str, int]:
        """Where an axis stands, by its id: a page asks for every figure of every candidate, some many times."""
        return {axis.id: at for at, axis in enumerate(self.axes)}


def dataset_of(content: Content) -> Dataset:
    """Gather the candidates of a study's content."""
    facts = content.facts
    assert facts is not None
    columns = _columns(content.parts)
    by_number: dict[int, dict[str, Entry]] = {}
    for part in content.parts:
        for entry in part.entries:
            by_number.setdefault(entry.number, {})[part.board_id] = entry
    quantities = {number: [_quantity(found, *column) for column in columns] for number, found in by_number.items()}
    axes = []
    for at, (column, board) in enumerate(columns):
        here = [each for each, of in columns if of == board]
        values = [found.value for quantified in quantities.values() if (found := quantified[at])]
        axes.append(_axis(column, board, here, facts, values))
    ends = {trial.number: trial.outcome for trial in facts.finished}
    rows = tuple(
        Row(
            number=number,
            entries=tuple(found.values()),
            family=_family(next(iter(found.values()))),
            status=_status(number in facts.front, tuple(found.values()), ends.get(number)),
            quantities=tuple(quantities[number]),
            parameters=dict(ends[number].parameters) if number in ends else {},
        )
        for number, found in sorted(by_number.items())
    )
    metrics = ranking_metric([column for column, board in columns if board is None])
    return Dataset(
        axes=tuple(axes), rows=rows, metric=next((axis for axis in axes if metrics and axis.id == metrics.id), None)
    )


def plain(dataset: Dataset, links: Mapping[int, str]) -> dict[str, Any]:
    """Return the dataset as plain JSON for the page's script; ``links`` are where candidates stand in full."""
    families = sorted({row.family for row in dataset.rows})
    parameters = _varying(dataset.rows)
    return {
        "axes": [_plain_axis(axis) for axis in dataset.axes],
        "parameters": parameters,
        "families": families,
        "metric": None if dataset.metric is None else dataset.axes.index(dataset.metric),
        "rows": [
            {
                "n": row.number,
                "id": _identity(row)[:12],
                "family": families.index(row.family),
                "network": row.network,
                "steps": row.compression,
                "status": row.status,
                "link": links.get(row.number, ""),
                "parameters": [row.parameters.get(name) for name in parameters],
                "values": [None if q is None else q.value for q in row.quantities],
                "ranges": {
                    at: [q.low, q.high] for at, q in enumerate(row.quantities) if q and None not in (q.low, q.high)
                },
            }
            for row in dataset.rows
        ],
    }


def _plain_axis(axis: Axis) -> dict[str, Any]:
    column = axis.column
    return {
        "id": axis.id,
        "label": column.label,
        "board": axis.board,
        "how": column.how.value,
        "unit": unit_of(column),
        "percent": column.kind == "percent",
        "digits": axis.digits,
        "minimised": column.minimised,
        "wanted": axis.wanted,
        "low": axis.low,
        "high": axis.high,
        "inTable": axis.in_table,
        "fact": column.kind == "count",
    }


def _varying(rows: Sequence[Row]) -> list[str]:
    """Return the parameters that are not the same everywhere: those that all rows have first, then by name."""
    values: dict[str, set[Scalar]] = {}
    having: dict[str, int] = {}
    for row in rows:
        for name, value in row.parameters.items():
            values.setdefault(name, set()).add(value)
            having[name] = having.get(name, 0) + 1
    return sorted((name for name, found in values.items() if len(found) > 1), key=lambda name: (-having[name], name))


def _identity(row: Row) -> str:
    entry = row.entries[0]
    return entry.candidate.key if entry.candidate else entry.measurement.id


def _columns(parts: Sequence[Part]) -> list[tuple[Column, str | None]]:
    """Return the columns of all boards: what the host found once and first, facts of the training last."""
    host: dict[Column, None] = {}
    costs: list[tuple[Column, str | None]] = []
    for part in parts:
        for column in part.columns:
            if column.kind in ("metric", "percent", "count") or column.name == "model_bytes":
                host[column] = None
            else:
                costs.append((column, part.board_id))
    merits = [(column, None) for column in host if column.kind in ("metric", "percent")]
    return [*merits, *costs, *((column, None) for column in host if (column, None) not in merits)]


def _quantity(found: Mapping[str, Entry], column: Column, board: str | None) -> Quantity | None:
    entry = next(iter(found.values())) if board is None else found.get(board)
    return None if entry is None else quantity(entry, column)


def _axis(
    column: Column, board: str | None, here: Sequence[Column], facts: StudyFacts, values: Sequence[float]
) -> Axis:
    """Return the axis of one of the columns that a board, or the host, has."""
    bounds = [limit for limit in facts.limits if limit.board == board and column_named(here, limit.name) == column]
    asked = [each for each in facts.objectives if each.board == board and column_named(here, each.name) == column]
    return Axis(
        column=replace(column, minimised=asked[0].direction == "minimize") if asked else column,
        board=board,
        wanted=bool(asked),
        low=max((limit.bound for limit in bounds if limit.sense == ">="), default=None),
        high=min((limit.bound for limit in bounds if limit.sense == "<="), default=None),
        digits=digits_of(column, values),
    )


def _family(entry: Entry) -> str:
    return entry.candidate.family.replace("_", " ") if entry.candidate else "model"


def _status(on_front: bool, entries: Sequence[Entry], outcome: TrialOutcome | None) -> Status:
    if not all(entry.verified for entry in entries):
        return "not verified"
    if on_front:
        return "front"
    if outcome is None or outcome.status == "failed":
        return "incomplete"
    return "beaten" if outcome.status == "complete" else "breaks a limit"
