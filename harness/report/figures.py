# SPDX-License-Identifier: Apache-2.0
"""The figures of a candidate on a board, each in a column of its kind: what differs in ``how`` is never mixed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from harness.records import Artifact, Candidate, Cycles, Deployment, Firmware, How, Measurement, Quantity
from harness.stats import pareto_front

Kind = Literal["metric", "percent", "instructions", "cycles", "time", "energy", "bytes", "count"]

# What a search may minimise, with the words for it, in the order of the columns.
_COSTS: Mapping[str, tuple[str, Kind]] = {
    "instructions": ("Instructions", "instructions"),
    "cycles": ("Cycles", "cycles"),
    "cycles_flash": ("Cycles, flash that waits", "cycles"),
    "latency": ("Latency", "time"),
    "energy": ("Energy", "energy"),
    "ram": ("RAM", "bytes"),
    "flash": ("Flash", "bytes"),
}
_NOT_PLOTTED = {"flash", "cycles", "cycles_flash"}  # unless they are objectives
_PREFERRED = (How.MEASURED, How.COUNTED, How.MODELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One measurement with all that it came from, as far as the store knows it."""

    number: int  # of the trial, or in the run
    measurement: Measurement
    candidate: Candidate | None
    artifact: Artifact | None
    deployment: Deployment | None
    firmware: Firmware | None

    @property
    def verified(self) -> bool:
        return self.measurement.verification.verified


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A figure that entries have: equal ``name`` and ``how`` make them comparable."""

    name: str
    how: How
    label: str
    kind: Kind
    minimised: bool = True

    @property
    def id(self) -> str:
        return f"{self.name}-{self.how.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An objective of a study: a metric or a cost by its name, and the direction in which it is better."""

    name: str
    minimised: bool


def quantity(entry: Entry, column: Column) -> Quantity | None:
    """Return an entry's figure for a column, or None where it has none of that name and ``how``."""
    return _quantities(entry).get((column.name, column.how))


def columns_of(entries: Sequence[Entry]) -> tuple[Column, ...]:
    """Return the columns that some entry has a figure for: metrics, then costs, then facts of the training."""
    present = {key for entry in entries for key in _quantities(entry)}
    metrics = [_metric_column(name) for name in _metric_names(entries)]
    costs = [
        Column(name=name, how=how, label=label, kind=kind)
        for name, (label, kind) in _COSTS.items()
        for how in How
        if (name, how) in present
    ]
    merits = [column for column in metrics if column.kind != "count"]
    return (*merits, *costs, *(column for column in metrics if column.kind == "count"))


def cost_columns(columns: Iterable[Column], how: How, objectives: Iterable[Column]) -> tuple[Column, ...]:
    """Return the costs of one ``how`` worth a plot against the metric; flash and cycles where they are objectives."""
    costs = _COSTS.keys() - _NOT_PLOTTED | {column.name for column in objectives} & _COSTS.keys()
    return tuple(column for column in columns if column.name in costs and column.how is how)


def ranking_metric(columns: Iterable[Column]) -> Column | None:
    """Return the metric that candidates are compared by: the one on validation data, else the first, else None."""
    metrics = [column for column in columns if column.kind in ("metric", "percent")]
    return min(metrics, key=lambda column: not column.name.startswith("validation"), default=None)


def objective_columns(columns: Sequence[Column], wanted: Sequence[Wanted]) -> tuple[Column, ...]:
    """Return the columns that a front is drawn over, each with the direction that is wanted of it.

    Where nothing is wanted, these are the metric, RAM, and instructions, or latency where nothing was counted. Where a
    cost was obtained in several ways, a measured one goes before a counted, and that before a modelled one; times of
    the host are none.
    """
    if not wanted:
        timed = "instructions" if any(column.name == "instructions" for column in columns) else "latency"
        metric = ranking_metric(columns)
        return (*((metric,) if metric else ()), *(c for name in (timed, "ram") if (c := _preferred(columns, name))))
    found = [(_wanted_column(columns, each.name), each) for each in wanted]
    return tuple(replace(column, minimised=each.minimised) for column, each in found if column is not None)


def _wanted_column(columns: Sequence[Column], name: str) -> Column | None:
    """Return the column of an objective: a cost, or a metric by its name or that on the validation data."""
    if name in _COSTS:
        return _preferred(columns, name)
    return next((column for column in columns if column.name in (name, f"validation_{name}")), None)


def front_of(entries: Sequence[Entry], objectives: Sequence[Column]) -> frozenset[int]:
    """Return the positions of the verified entries that no other verified one beats in all objectives at once."""
    points, positions = [], []
    for position, entry in enumerate(entries):
        values = [quantity(entry, column) for column in objectives]
        if entry.verified and values and all(value is not None for value in values):
            positions.append(position)
            points.append([v.value if c.minimised else -v.value for v, c in zip(values, objectives, strict=True) if v])
    return frozenset(positions[number] for number in pareto_front(points))


def shown_metrics(artifact: Artifact) -> tuple[tuple[str, float], ...]:
    """Return an artifact's metrics without those on test data, which older versions kept: none may be chosen by."""
    return tuple((name, value) for name, value in artifact.metrics if not name.startswith("test_"))


def _preferred(columns: Sequence[Column], name: str) -> Column | None:
    found = {column.how: column for column in columns if column.name == name}
    return next((found[how] for how in _PREFERRED if how in found), None)


def _metric_names(entries: Iterable[Entry]) -> list[str]:
    """Return the names of the artifacts' metrics: of validation, then others, each group by name."""
    names = {name for entry in entries if entry.artifact for name, _ in shown_metrics(entry.artifact)}
    return sorted(names, key=lambda name: (name in _FACTS, not name.startswith("validation"), name))


_FACTS: Mapping[str, str] = {"parameters": "Weights", "epochs": "Epochs"}  # of training, no merits


def _metric_column(name: str) -> Column:
    if name in _FACTS:
        return Column(name=name, how=How.HOST, label=_FACTS[name], kind="count")
    label = name[:1].upper() + name[1:].replace("_", " ")
    kind: Kind = "percent" if "accuracy" in name else "metric"
    return Column(name=name, how=How.HOST, label=label, kind=kind, minimised="loss" in name or "error" in name)


def _quantities(entry: Entry) -> Mapping[tuple[str, How], Quantity]:
    found = entry.measurement
    ram = Quantity(value=found.ram.total_bytes, unit="bytes", how=How.COUNTED, source="linked image and painted stack")
    flash = Quantity(value=found.flash.total_bytes, unit="bytes", how=How.COUNTED, source="linked image")
    costs = {
        "instructions": found.instructions,
        **_cycles(found.cycles),
        "latency": found.latency,
        "energy": found.energy,
    }
    named: dict[str, Quantity | None] = {**costs, "ram": ram, "flash": flash}
    for name, value in shown_metrics(entry.artifact) if entry.artifact else ():
        named.setdefault(name, Quantity(value=value, unit="", how=How.HOST, source="evaluated on the host"))
    return {(name, value.how): value for name, value in named.items() if value is not None}


def _cycles(found: Cycles | None) -> Mapping[str, Quantity]:
    if found is None:
        return {}
    values = {"cycles": found.zero_wait, "cycles_flash": found.flash_wait}
    return {n: Quantity(value=v, unit="cycles", how=found.how, source=found.source) for n, v in values.items()}
