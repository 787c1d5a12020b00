# SPDX-License-Identifier: Apache-2.0
"""The figures of a candidate on a board, each in a column of its kind: what differs in ``how`` is never mixed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from harness.records import Artifact, Candidate, Cycles, Deployment, Firmware, How, Measurement, Quantity

Kind = Literal["metric", "percent", "instructions", "cycles", "macs", "time", "energy", "bytes", "count"]

# What a search may minimise, with the words for it, in the order of the columns.
_COSTS: Mapping[str, tuple[str, Kind]] = {
    "instructions": ("Instructions", "instructions"),
    "cycles": ("Cycles", "cycles"),
    "cycles.zero_wait": ("Cycles", "cycles"),
    "cycles.flash_wait": ("Cycles, flash that waits", "cycles"),
    "latency": ("Latency", "time"),
    "energy": ("Energy", "energy"),
    "ram": ("RAM", "bytes"),
    "flash": ("Flash", "bytes"),
    "ram.model_bytes": ("RAM of the model", "bytes"),
    "ram.stack_bytes": ("Peak stack", "bytes"),
    "flash.weights_bytes": ("Flash of the weights", "bytes"),
    "flash.code_bytes": ("Flash of the model's code", "bytes"),
    "macs": ("Multiply-accumulates", "macs"),
    "model_bytes": ("Model file", "bytes"),
}
# For the axes of charts; in a table only where a study asks for them.
ASIDE = {"ram.model_bytes", "ram.stack_bytes", "flash.weights_bytes", "flash.code_bytes", "macs", "model_bytes"}
_PREFERRED = (How.MEASURED, How.COUNTED, How.MODELLED)


@dataclass(frozen=True, kw_only=True)
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

    @cached_property
    def quantities(self) -> Mapping[tuple[str, How], Quantity]:
        """The entry's figures by name and ``how``; every table and chart asks for them again."""
        return _quantities(self)


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
    return entry.quantities.get((column.name, column.how))


def columns_of(entries: Sequence[Entry]) -> tuple[Column, ...]:
    """Return the columns that some entry has a figure for: metrics, then costs, then facts of the training."""
    present = {key for entry in entries for key in entry.quantities}
    metrics = [_metric_column(name) for name in _metric_names(entries)]
    costs = [
        Column(name=name, how=how, label=label, kind=kind)
        for name, (label, kind) in _COSTS.items()
        for how in How
        if (name, how) in present
    ]
    merits = [column for column in metrics if column.kind != "count"]
    return (*merits, *costs, *(column for column in metrics if column.kind == "count"))


def ranking_metric(columns: Iterable[Column]) -> Column | None:
    """Return the metric that candidates are compared by: the one on validation data, else the first, else None."""
    metrics = [column for column in columns if column.kind in ("metric", "percent")]
    return min(metrics, key=lambda column: not column.name.startswith("validation"), default=None)


def objective_columns(columns: Sequence[Column], wanted: Sequence[Wanted]) -> tuple[Column, ...]:
    """Return the columns of a study's objectives, each with the direction that is wanted of it.

    Where a cost was obtained in several ways, a measured one goes before a counted, and that before a modelled one;
    times of the host are none.
    """
    found = [(column_named(columns, each.name), each) for each in wanted]
    return tuple(replace(column, minimised=each.minimised) for column, each in found if column is not None)


def column_named(columns: Sequence[Column], name: str) -> Column | None:
    """Return the column of an objective or a limit: a cost, or a metric by its name or that on the validation data."""
    if name == "cycles":  # the exact ones where there are any, else those of a flash that waits
        return _preferred(columns, name) or _preferred(columns, "cycles.flash_wait")
    if name in _COSTS and name != "model_bytes":
        return _preferred(columns, name)
    return next((column for column in columns if column.name in (name, f"validation_{name}")), None)


def shown_metrics(artifact: Artifact) -> tuple[tuple[str, float], ...]:
    """Return an artifact's metrics without those on test data, which older versions kept: none may be chosen by.

    Scores at the rungs of its training, which are no merits of the model, are left out too.
    """
    return tuple((name, value) for name, value in artifact.metrics if not name.startswith(("test_", "rung_")))


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
    costs = [
        ("instructions", found.instructions),
        *_cycles(found.cycles),
        ("cycles", found.counted_cycles),
        ("latency", found.latency),
        ("energy", found.energy),
        *_bytes(found),
        ("macs", _counted(sum(layer.macs for layer in found.layers), "", "those that the layers execute")),
        ("model_bytes", _file_size(entry.artifact)),
    ]
    metrics = [
        (name, Quantity(value=value, unit="", how=How.HOST, source="evaluated on the host"))
        for name, value in (shown_metrics(entry.artifact) if entry.artifact else ())
        if name not in _COSTS
    ]
    return {(name, value.how): value for name, value in (*costs, *metrics) if value is not None}


def _cycles(found: Cycles | None) -> list[tuple[str, Quantity]]:
    if found is None:
        return []
    values = {"cycles.zero_wait": found.zero_wait, "cycles.flash_wait": found.flash_wait}
    return [(n, Quantity(value=v, unit="cycles", how=found.how, source=found.source)) for n, v in values.items()]


def _bytes(found: Measurement) -> list[tuple[str, Quantity]]:
    image, stack = "linked image", "painted stack"
    sizes = {
        "ram": (found.ram.total_bytes, f"{image} and {stack}"),
        "flash": (found.flash.total_bytes, image),
        "ram.model_bytes": (found.ram.model_bytes, image),
        "ram.stack_bytes": (found.ram.stack_bytes, stack),
        "flash.weights_bytes": (found.flash.weights_bytes, image),
        "flash.code_bytes": (found.flash.code_bytes, image),
    }
    return [(name, _counted(value, "bytes", source)) for name, (value, source) in sizes.items()]


def _counted(value: int, unit: str, source: str) -> Quantity:
    return Quantity(value=value, unit=unit, how=How.COUNTED, source=source)


def _file_size(artifact: Artifact | None) -> Quantity | None:
    if artifact is None:
        return None
    return Quantity(value=artifact.size_bytes, unit="bytes", how=How.HOST, source="the model's file")
