# SPDX-License-Identifier: Apache-2.0
"""What the template shows of a content: tables, plots and details, every figure in words already."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from harness.compress import describe_technique
from harness.errors import HarnessError
from harness.records import Candidate, How
from harness.report.content import Content, Part
from harness.report.details import Detail, details_of
from harness.report.figures import Column, Entry, cost_columns, quantity, ranking_metric
from harness.report.scatter import Scatter, scatter
from harness.report.words import (
    HOW_WORDS,
    digits_of,
    entry_title,
    figure,
    in_prose,
    interval,
    model_name,
    parameters_text,
    step_text,
    unit_of,
    with_unit,
)

_SHAPES = 6  # markers in the style sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The head of a column: how it sorts first, and what its unit and ``how`` are."""

    label: str
    unit: str = ""
    how: str = ""
    numeric: bool = False
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell: its text, a second line, and the number or text that it is sorted by (empty: last)."""

    text: str
    note: str = ""
    key: str = ""
    numeric: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of the candidates' table."""

    position: int
    entry: Entry
    front: bool
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """A point of a plot with its words."""

    x: float
    y: float
    low: float | None
    high: float | None
    position: int
    shape: int
    front: bool
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A plot with its markers, those of the front last, so that they lie on top."""

    chart: Scatter
    markers: tuple[Marker, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlotGroup:
    """Plots whose costs were obtained in the same way."""

    words: str
    plots: tuple[Plot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One figure that a reader wants first."""

    label: str
    value: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartView:
    """Everything on one board."""

    part: Part
    metric: str  # what candidates are compared by, empty where there is none
    heads: tuple[Head, ...]
    lines: tuple[Line, ...]
    tiles: tuple[Tile, ...]
    groups: tuple[PlotGroup, ...]
    families: tuple[tuple[str, int], ...]  # name and shape, for the legend
    notes: tuple[tuple[str, str], ...]  # technique without a gain on the device, and why
    details: tuple[Detail, ...]


def part_view(part: Part, *, of_study: bool) -> PartView:
    """Turn a board's entries into what is shown of them."""
    shapes = {name: number % _SHAPES for number, name in enumerate(sorted({_family(e) for e in part.entries}))}
    metric = ranking_metric(part.columns)
    return PartView(
        part=part,
        metric=metric.label if metric else "",
        heads=_heads(part, of_study),
        lines=_lines(part, of_study),
        tiles=_tiles(part),
        groups=_groups(part, shapes),
        families=tuple(shapes.items()) if of_study else (),
        notes=_notes(part),
        details=details_of(part, of_study=of_study),
    )


def config_rows(config: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Return a study's configuration as names and values, by name; what is empty is left out."""
    return tuple(
        (name, _config_text(value)) for name, value in sorted(config.items()) if value not in ([], {}, None, "")
    )


def _config_text(value: object) -> str:
    """Return a value in words: lists with commas, objectives as ``ram on host``, other objects as ``name value``."""
    if isinstance(value, list):
        return ", ".join(_config_text(item) for item in value)
    if isinstance(value, dict) and {"name", "direction"} <= value.keys():
        where = f" on {value['board']}" if value.get("board") else ""
        return f"{value['direction']} {value['name']}{where}"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_config_text(item)}" for name, item in sorted(value.items()))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def fault_kinds(content: Content) -> tuple[tuple[str, int], ...]:
    """Return how many failures there are of each kind, the most frequent first."""
    kinds = [fault.kind for fault in content.faults]
    return tuple(sorted(((kind, kinds.count(kind)) for kind in set(kinds)), key=lambda item: (-item[1], item[0])))


def _family(entry: Entry) -> str:
    return entry.candidate.family.replace("_", " ") if entry.candidate else "model"


def _heads(part: Part, of_study: bool) -> tuple[Head, ...]:
    first = ("Network", "Compression") if of_study else ("Model", "Runtime")
    names = (Head(label="Trial" if of_study else "No.", numeric=True), *(Head(label=name) for name in first))
    figures = tuple(
        Head(
            label=column.label,
            unit=unit_of(column),
            how=column.how.value,
            numeric=True,
            descending=not column.minimised,
        )
        for column in part.columns
    )
    return (*names, Head(label="Verified"), *figures)


def _lines(part: Part, of_study: bool) -> tuple[Line, ...]:
    digits = {column.id: digits_of(column, _values(part, column)) for column in part.columns}
    lines = []
    for position, entry in enumerate(part.entries):
        verified = Cell(text="verified" if entry.verified else "NOT verified", key="0" if entry.verified else "1")
        figures = (_cell(entry, column, digits[column.id]) for column in part.columns)
        cells = (*_names(entry, of_study), verified, *figures)
        lines.append(Line(position=position, entry=entry, front=position in part.front, cells=cells))
    return tuple(lines)


def _names(entry: Entry, of_study: bool) -> tuple[Cell, Cell, Cell]:
    number = Cell(text=str(entry.number), key=str(entry.number), numeric=True)
    if of_study and entry.candidate is not None:
        steps = " + ".join(step_text(step) for step in entry.candidate.compression) or "none"
        idle = _idle_steps(entry.candidate)
        note = f"{', '.join(name.replace('_', ' ') for name in idle)}: no gain on the device" if idle else ""
        network = Cell(text=_family(entry), note=parameters_text(entry.candidate.parameters), key=_family(entry))
        return number, network, Cell(text=steps, note=note, key=steps)
    model = model_name(entry)
    runtime = f"{entry.deployment.runtime} {entry.deployment.runtime_version}" if entry.deployment else "unknown"
    return number, Cell(text=model, key=model), Cell(text=runtime, key=runtime)


def _cell(entry: Entry, column: Column, digits: int) -> Cell:
    found = quantity(entry, column)
    if found is None:
        return Cell(text="–", numeric=True)
    text = figure(column, found.value, digits)
    return Cell(text=text, note=interval(column, found, digits), key=repr(float(found.value)), numeric=True)


def _values(part: Part, column: Column) -> list[float]:
    return [found.value for entry in part.entries if (found := quantity(entry, column))]


def _tiles(part: Part) -> tuple[Tile, ...]:
    verified = [entry for entry in part.entries if entry.verified]
    tiles = [
        Tile(label="Verified", value=f"{len(verified)} of {len(part.entries)}", note="outputs equal the reference")
    ]
    for column in part.objectives:
        found = [(q.value, entry) for entry in verified if (q := quantity(entry, column))]
        if found:
            value, entry = min(found, key=lambda pair: (pair[0] if column.minimised else -pair[0], pair[1].number))
            label = f"{'Least' if column.minimised else 'Best'} {in_prose(column)}"
            tiles.append(
                Tile(
                    label=f"{label} ({column.how.value})" if column.kind not in ("percent", "metric") else label,
                    value=with_unit(column, value).removesuffix(" instructions"),
                    note=f"trial {entry.number}: {_family(entry)}",
                )
            )
    return tuple(tiles)


def _groups(part: Part, shapes: Mapping[str, int]) -> tuple[PlotGroup, ...]:
    metric = ranking_metric(part.objectives)
    if metric is None:
        return ()
    groups = []
    for how in (How.MEASURED, How.COUNTED, How.MODELLED):
        charts = [scatter(part.entries, metric, cost) for cost in cost_columns(part.columns, how, part.objectives)]
        plots = tuple(_plot(part, chart, shapes) for chart in charts if chart is not None)
        if plots:
            groups.append(PlotGroup(words=HOW_WORDS[how], plots=plots))
    return tuple(groups)


def _plot(part: Part, chart: Scatter, shapes: Mapping[str, int]) -> Plot:
    markers = [
        Marker(
            x=point.x,
            y=point.y,
            low=point.low,
            high=point.high,
            position=point.position,
            shape=shapes[_family(part.entries[point.position])],
            front=point.position in part.front,
            words=_words(part, point.position),
        )
        for point in chart.points
    ]
    return Plot(chart=chart, markers=tuple(sorted(markers, key=lambda marker: (marker.front, marker.position))))


def _words(part: Part, position: int) -> str:
    """Return what a point says when it is touched, a fact a line."""
    entry = part.entries[position]
    lines = [f"Trial {entry.number}: {entry_title(entry)}"]
    if entry.candidate is not None and entry.candidate.parameters:
        lines.append(parameters_text(entry.candidate.parameters))
    for column in part.columns:
        found = quantity(entry, column)
        if found is not None and column.kind != "count":
            how = "" if column.kind in ("percent", "metric", "bytes") else f" ({column.how.value})"
            lines.append(f"{column.label}: {with_unit(column, found.value).removesuffix(' instructions')}{how}")
    return "\n".join([*lines, "On the front" if position in part.front else "Beaten by another"])


def _idle_steps(candidate: Candidate) -> dict[str, str]:
    """Return the compression steps that buy nothing on the device, and why."""
    idle = {}
    for step in candidate.compression:
        try:
            facts = describe_technique(step.name)
        except HarnessError:
            continue  # a plugin that is not installed here: nothing is known of its gain
        if not facts.gain_on_device:
            idle[step.name] = facts.note
    return idle


def _notes(part: Part) -> tuple[tuple[str, str], ...]:
    notes: dict[str, str] = {}
    for entry in part.entries:
        notes |= _idle_steps(entry.candidate) if entry.candidate else {}
    return tuple((name.replace("_", " "), note) for name, note in sorted(notes.items()))
