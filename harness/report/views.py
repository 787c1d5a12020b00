# SPDX-License-Identifier: Apache-2.0
"""What the templates show of measurements and of a configuration: tables with every figure in words already."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.compress import describe_technique
from harness.errors import HarnessError
from harness.records import Candidate
from harness.report.content import Content, Fault, Part
from harness.report.figures import ASIDE, Column, Entry, quantity
from harness.report.words import digits_of, figure, interval, model_name, unit_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The head of a column: what its unit and ``how`` are."""

    label: str
    unit: str = ""
    how: str = ""
    numeric: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell: its text, and a second line."""

    text: str
    note: str = ""
    numeric: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of the table of measurements."""

    entry: Entry
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartView:
    """The measurements on one board as a table."""

    part: Part
    heads: tuple[Head, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultGroup:
    """Failures that say the same: how many, of which trials, and the first of them."""

    first: Fault
    count: int
    trials: tuple[int, ...]
    whats: tuple[str, ...]  # networks or models
    boards: tuple[str, ...]


def part_view(part: Part) -> PartView:
    """Turn a board's measurements into what is shown of them."""
    columns = [column for column in part.columns if column.name not in ASIDE]
    digits = {column.id: digits_of(column, _values(part, column)) for column in columns}
    names = (Head(label="No.", numeric=True), Head(label="Model"), Head(label="Runtime"), Head(label="Verified"))
    heads = (Head(label=c.label, unit=unit_of(c), how=c.how.value, numeric=True) for c in columns)
    return PartView(
        part=part,
        heads=(*names, *heads),
        lines=tuple(
            Line(entry=entry, cells=(*_names(entry), *(_cell(entry, column, digits[column.id]) for column in columns)))
            for entry in part.entries
        ),
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
    if isinstance(value, dict) and {"name", "sense", "bound"} <= value.keys():
        where = f" on {value['board']}" if value.get("board") else ""
        return f"{value['name']}{where} {value['sense']} {value['bound']:,.10g}"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_config_text(item)}" for name, item in sorted(value.items()))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def fault_kinds(content: Content) -> tuple[tuple[str, int], ...]:
    """Return how many failures there are of each kind, the most frequent first."""
    kinds: dict[str, int] = {}
    for fault in content.faults:
        kinds[fault.kind] = kinds.get(fault.kind, 0) + 1
    return tuple(sorted(kinds.items(), key=lambda item: (-item[1], item[0])))


def fault_groups(content: Content) -> tuple[FaultGroup, ...]:
    """Return the failures, those that say the same together, the most frequent first."""
    groups: dict[tuple[str, ...], list[Fault]] = {}
    for fault in content.faults:
        groups.setdefault((fault.kind, fault.stage, fault.reason), []).append(fault)
    found = [
        FaultGroup(
            first=faults[0],
            count=len(faults),
            trials=tuple(sorted({number for fault in faults for number in fault.trials})),
            whats=tuple(sorted({fault.what for fault in faults if fault.what})),
            boards=tuple(dict.fromkeys(fault.board for fault in faults if fault.board)),
        )
        for faults in groups.values()
    ]
    return tuple(sorted(found, key=lambda group: -group.count))


def idle_steps(candidates: Iterable[Candidate]) -> tuple[tuple[str, str], ...]:
    """Return the compression steps that buy nothing on the device, and why, by name."""
    names = {step.name for candidate in candidates for step in candidate.compression}
    idle = {}
    for name in sorted(names):
        try:
            facts = describe_technique(name)
        except HarnessError:
            continue  # a plugin that is not installed here: nothing is known of its gain
        if not facts.gain_on_device:
            idle[name] = facts.note
    return tuple((name.replace("_", " "), note) for name, note in idle.items())


def _names(entry: Entry) -> tuple[Cell, ...]:
    runtime = f"{entry.deployment.runtime} {entry.deployment.runtime_version}" if entry.deployment else "unknown"
    verified = Cell(text="verified" if entry.verified else "NOT verified")
    return Cell(text=str(entry.number), numeric=True), Cell(text=model_name(entry)), Cell(text=runtime), verified


def _cell(entry: Entry, column: Column, digits: int) -> Cell:
    found = quantity(entry, column)
    if found is None:
        return Cell(text="–", numeric=True)
    return Cell(text=figure(column, found.value, digits), note=interval(column, found, digits), numeric=True)


def _values(part: Part, column: Column) -> list[float]:
    return [found.value for entry in part.entries if (found := quantity(entry, column))]
