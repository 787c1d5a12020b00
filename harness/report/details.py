# SPDX-License-Identifier: Apache-2.0
"""Candidates and models in full: the network, and on each board figures with sources, layers and memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.records import Candidate, Quantity
from harness.report.bars import LayerBar, MemoryBar, layer_bars, memory_bars
from harness.report.commands import bench_command, deploy_command
from harness.report.content import Content, Part
from harness.report.dataset import Dataset
from harness.report.figures import ASIDE, Column, Entry, quantity, ranking_metric
from harness.report.memory_plan import PlanPicture, plan_pictures
from harness.report.model_file import ModelFile, ModelFiles
from harness.report.network import NetworkPicture, network_picture
from harness.report.picks import Pick
from harness.report.words import digits_of, entry_title, interval, model_name, short_name, with_unit

MOST_ENTRIES = 24  # measurements that the page of a study shows in full


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """A measurement in full."""

    board_id: str
    entry: Entry
    figures: tuple[tuple[str, str, str, str], ...]  # label, value with unit, how with interval, source
    layers: tuple[LayerBar, ...]
    regions: tuple[str, ...]  # memories that some layer reads from
    memory: tuple[MemoryBar, MemoryBar]
    plans: tuple[PlanPicture, ...]  # of the memories with activations
    command: str  # that measures it again; empty where the store does not know enough


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A candidate, or a model, with all its measurements that are shown."""

    anchor: str
    heading: str
    candidate: Candidate | None
    brief: tuple[tuple[str, str], ...]  # label and value of what is compared
    details: tuple[Detail, ...]
    network: NetworkPicture | None
    file: ModelFile | None
    deploy: str  # the command that writes it as a library

    @property
    def verified(self) -> bool:
        return all(detail.entry.verified for detail in self.details)


def study_cards(content: Content, dataset: Dataset, picks: Sequence[Pick], files: ModelFiles) -> tuple[Card, ...]:
    """Return the candidates of a study worth showing in full: those to look at first, then the front, the best first.

    Where there is no front, the one that breaks the limits least.
    """
    facts = content.facts
    assert facts is not None
    rows = {row.number: row for row in dataset.rows}
    order = [pick.row.number for pick in picks]
    front = [row for row in dataset.rows if row.status == "front"]
    if dataset.metric is not None:
        metric, sign = dataset.metric, 1.0 if dataset.metric.column.minimised else -1.0
        front.sort(key=lambda row: (sign * (dataset.value(row, metric) or 0.0), row.number))
    order += [row.number for row in front] + ([facts.nearest] if facts.nearest in rows else [])
    cards: list[Card] = []
    shown = 0
    for number in dict.fromkeys(order):
        entries = [(part, entry) for part in content.parts for entry in part.entries if entry.number == number]
        shown += len(entries)
        if cards and shown > MOST_ENTRIES:
            break
        heading = f"Trial {number}: {entry_title(entries[0][1])}"
        cards.append(_card(f"c-{number}", heading, entries, files))
    return tuple(cards)


def model_cards(content: Content, files: ModelFiles) -> tuple[Card, ...]:
    """Return every model of a bench run, with its measurements on all boards and runtimes."""
    found: dict[str, list[tuple[Part, Entry]]] = {}
    for part in content.parts:
        for entry in part.entries:
            key = entry.artifact.sha256 if entry.artifact else entry.measurement.id
            found.setdefault(key, []).append((part, entry))
    return tuple(
        _card(f"m-{number}", _model_heading(entries[0][1]), entries, files)
        for number, entries in enumerate(found.values(), start=1)
    )


def _model_heading(entry: Entry) -> str:
    if entry.candidate is not None:
        return f"{short_name(model_name(entry))}: {entry_title(entry)}"
    return short_name(model_name(entry))


def _card(anchor: str, heading: str, entries: Sequence[tuple[Part, Entry]], files: ModelFiles) -> Card:
    first = entries[0][1]
    file = files.read(first.artifact) if first.artifact is not None else None
    details = tuple(_detail(part, entry, file.name if file else "") for part, entry in entries)
    network = network_picture(file.model, file.name, details[0].layers) if file and file.model else None
    identity = first.candidate.key if first.candidate else first.artifact.sha256 if first.artifact else ""
    return Card(
        anchor=anchor,
        heading=heading,
        candidate=first.candidate,
        brief=_brief(entries),
        details=details,
        network=network,
        file=file,
        deploy=deploy_command(identity, entries[0][0].board_id) if identity and file and file.model else "",
    )


def _detail(part: Part, entry: Entry, file: str) -> Detail:
    layers = entry.measurement.layers
    columns = [column for column in part.columns if column.name not in ASIDE]
    bars = layer_bars(layers)
    command = ""
    if entry.deployment and file:
        command = bench_command(entry.deployment, entry.measurement, file, part.board)
    return Detail(
        board_id=part.board_id,
        entry=entry,
        figures=tuple(_figure(column, q) for column in columns if (q := quantity(entry, column))),
        layers=bars,
        regions=tuple(sorted({region for layer in layers for region, size in layer.reads if size})),
        memory=memory_bars(entry, part.board),
        plans=plan_pictures(entry.measurement.buffers, layers),
        command=command,
    )


def _brief(entries: Sequence[tuple[Part, Entry]]) -> tuple[tuple[str, str], ...]:
    """Return the metric and, on each board, what is compared; with the board's name where there are several."""
    part, first = entries[0]
    metric = ranking_metric(part.columns)
    found = quantity(first, metric) if metric else None
    brief = [(metric.label, _figure(metric, found)[1])] if metric and found else []
    for part, entry in entries:
        where = f" on {part.board_id}" if len(entries) > 1 else ""
        for column in part.columns:
            value = quantity(entry, column)
            told = column.kind not in ("percent", "metric", "count") and not (where and column.kind == "cycles")
            if value and told and column.name not in ASIDE:
                brief.append((column.label + where, _figure(column, value)[1]))
    return tuple(brief)


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
