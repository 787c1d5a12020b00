# SPDX-License-Identifier: Apache-2.0
"""Entries in full: their figures with sources, layers and memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.records import Quantity
from harness.report.bars import LayerBar, MemoryBar, layer_bars, memory_bars
from harness.report.content import Part
from harness.report.figures import Column, Entry, quantity, ranking_metric
from harness.report.memory_plan import PlanPicture, plan_pictures
from harness.report.words import digits_of, entry_title, interval, model_name, short_name, with_unit

_MOST_DETAILS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """An entry in full."""

    position: int
    entry: Entry
    title: str
    brief: tuple[tuple[str, str], ...]  # label and value of what is compared
    figures: tuple[tuple[str, str, str, str], ...]  # label, value with unit, how with interval, source
    layers: tuple[LayerBar, ...]
    regions: tuple[str, ...]  # memories that some layer reads from
    memory: tuple[MemoryBar, MemoryBar]
    plans: tuple[PlanPicture, ...]  # of the memories with activations


def details_of(part: Part, *, of_study: bool) -> tuple[Detail, ...]:
    """Return the entries worth showing in full: of a study the front, the best first; of a run all, in order."""
    positions: Sequence[int] = range(len(part.entries))
    if of_study:
        metric = ranking_metric(part.columns)
        merit = {p: _merit(part.entries[p], metric) for p in part.front}
        positions = sorted(part.front, key=lambda p: (-merit[p], part.entries[p].number))[:_MOST_DETAILS]
    return tuple(_detail(part, position, of_study) for position in positions)


def _merit(entry: Entry, metric: Column | None) -> float:
    found = quantity(entry, metric) if metric else None
    return 0.0 if found is None or metric is None else (-found.value if metric.minimised else found.value)


def _detail(part: Part, position: int, of_study: bool) -> Detail:
    entry = part.entries[position]
    layers = entry.measurement.layers
    metric = ranking_metric(part.columns)
    compared = [c for c in part.columns if c == metric or c.kind not in ("percent", "metric", "count")]
    figures = tuple(_figure(column, q) for column in part.columns if (q := quantity(entry, column)))
    return Detail(
        position=position,
        entry=entry,
        title=entry_title(entry) if of_study else short_name(model_name(entry)),
        brief=tuple(_figure(column, q)[:2] for column in compared if (q := quantity(entry, column))),
        figures=figures,
        layers=layer_bars(layers),
        regions=tuple(sorted({region for layer in layers for region, size in layer.reads if size})),
        memory=memory_bars(entry, part.board),
        plans=plan_pictures(entry.measurement.buffers, layers),
    )


def _figure(column: Column, found: Quantity) -> tuple[str, str, str, str]:
    digits = digits_of(column, [found.value])
    between = interval(column, found, digits)
    how = column.how.value + (f", {between}" if between else "")
    return (
        column.label,
        with_unit(column, found.value).removesuffix(" instructions").removesuffix(" cycles"),
        how,
        found.source,
    )
