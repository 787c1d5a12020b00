# SPDX-License-Identifier: Apache-2.0
"""What the page of a study shows, every figure in words already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.records import Quantity
from harness.report.board_table import BoardLine, board_lines
from harness.report.commands import search_command
from harness.report.content import Content, Part
from harness.report.dataset import Axis, Dataset, Row, dataset_of, plain
from harness.report.details import Card, study_cards
from harness.report.gains import Change, Gain, gains_of
from harness.report.influence import Influence, influences_of
from harness.report.model_file import ModelFiles
from harness.report.picks import Pick, Price, picks_of, price_of
from harness.report.progress import Curve, curve_of, seconds_by_stage
from harness.report.views import idle_steps
from harness.report.words import compression_text, figure, interval, plural, with_unit
from harness.search.gates import GateTotal, gate_totals


@dataclass(frozen=True, slots=True, kw_only=True)
class PickView:
    """A candidate to look at first: figures as label, value and a note against the first pick."""

    row: Row
    titles: tuple[tuple[str, str], ...]
    figures: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontLine:
    """A row of the table of the front, as it stands where no script runs."""

    row: Row
    cells: tuple[tuple[str, str], ...]  # text and note


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyView:
    """Everything on the page of a study but its failures and its environment."""

    dataset: Dataset
    data: dict[str, Any]  # for the script
    limits: tuple[str, ...]
    families: str
    picks: tuple[PickView, ...]
    nearest: Row | None
    price: Price | None
    axes: tuple[Axis, ...]  # of the table
    front: tuple[FrontLine, ...]
    influences: tuple[Influence, ...]
    curve: Curve | None
    seconds: tuple[tuple[str, float], ...]
    gates: tuple[GateTotal, ...]  # before cost, with what they saved
    gains: tuple[Gain, ...]
    idle: tuple[tuple[str, str], ...]  # steps without a gain on the device, and why
    boards: tuple[str, ...]
    board_lines: tuple[BoardLine, ...]
    cards: tuple[Card, ...]
    command: str
    under_way: tuple[str, ...]  # trials that run just now


def study_view(content: Content, files: ModelFiles) -> StudyView:
    """Turn a study's content into what is shown of it."""
    facts, study = content.facts, content.study
    assert facts is not None
    assert study is not None
    dataset = dataset_of(content)
    picks = picks_of(dataset, facts)
    cards = study_cards(content, dataset, picks, files)
    axes = tuple(axis for axis in dataset.axes if axis.in_table)
    boards, lines = board_lines(dataset)
    candidates = [entry.candidate for part in content.parts for entry in part.entries if entry.candidate]
    return StudyView(
        dataset=dataset,
        data=plain(dataset, {int(card.anchor.removeprefix("c-")): f"#{card.anchor}" for card in cards}),
        limits=tuple(_limit_text(dataset, each.name, each.board, each.sense, each.bound) for each in facts.limits),
        families=_families(dataset),
        picks=tuple(_pick_view(dataset, pick) for pick in picks),
        nearest=next((row for row in dataset.rows if row.number == facts.nearest), None),
        price=price_of(dataset, facts),
        axes=axes,
        front=tuple(_front_line(dataset, row, axes) for row in dataset.rows if row.status == "front"),
        influences=influences_of(dataset, facts),
        curve=curve_of(facts),
        seconds=seconds_by_stage(facts),
        gates=gate_totals(facts.finished),
        gains=gains_of(dataset),
        idle=idle_steps(candidates),
        boards=boards,
        board_lines=lines,
        cards=cards,
        command=search_command(study.name, study.config, facts),
        under_way=tuple(
            f"trial {number}"
            + (f": {candidate.family.replace('_', ' ')}, {compression_text(candidate)}" if candidate else "")
            for number, candidate in content.under_way
        ),
    )


def axis_title(axis: Axis) -> str:
    """Return what an axis is called where there are several boards: ``RAM on mps2_an386``."""
    return axis.column.label if axis.board is None else f"{axis.column.label} on {axis.board}"


def change_text(change: Change) -> str:
    """Return a change in words: ``−62 %``, of a metric in its own unit or in points."""
    if change.change is None:
        return "–"
    kind = change.axis.column.kind
    if kind == "percent":
        return f"{signed(change.change * 100, 1)} points"
    return signed(change.change, 4) if kind == "metric" else f"{signed(change.change * 100, 1)} %"


def signed(value: float, digits: int) -> str:
    """Return a number with its sign, a true minus for less than nothing."""
    text = f"{abs(value):.{digits}f}"
    return text if not float(text) else f"{'+' if value > 0 else '−'}{text}"


def better(change: Change) -> str:
    """Say whether a change is ``good`` or ``bad``; empty where it is neither."""
    if not change.change:
        return ""
    return "good" if (change.change < 0) == change.axis.column.minimised else "bad"


def pairs_text(change: Change) -> str:
    """Say what a change was found from."""
    if change.change is None:
        return ""
    return plural(change.pairs, "pair") if change.pairs else "medians of all, no pair"


def _families(dataset: Dataset) -> str:
    names = sorted({row.family for row in dataset.rows})
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def _limit_text(dataset: Dataset, name: str, board: str | None, sense: str, bound: float) -> str:
    axis = dataset.axis(name, board)
    words = {"<=": "at most", ">=": "at least"}[sense]
    what = axis.column.label if axis else name
    where = f" on {board}" if board else ""
    return f"{what}{where} {words} {with_unit(axis.column, bound) if axis else f'{bound:,.10g}'}"


def _pick_view(dataset: Dataset, pick: Pick) -> PickView:
    shown = [axis for axis in dataset.axes if axis == dataset.metric or (axis.wanted and axis != dataset.metric)]
    several = len({axis.board for axis in shown} - {None}) > 1
    figures = []
    for axis in shown:
        found = dataset.quantity(pick.row, axis)
        if found is not None:
            figures.append((axis_title(axis) if several else axis.column.label, _with_how(axis, found)))
    return PickView(row=pick.row, titles=pick.reasons, figures=tuple(figures))


def _with_how(axis: Axis, found: Quantity) -> str:
    text = with_unit(axis.column, found.value).removesuffix(" instructions").removesuffix(" cycles")
    return f"{text} ({axis.column.how.value})" if axis.column.kind in ("time", "energy") else text


def _front_line(dataset: Dataset, row: Row, axes: Sequence[Axis]) -> FrontLine:
    cells = []
    for axis in axes:
        found = dataset.quantity(row, axis)
        if found is None:
            cells.append(("–", ""))
        else:
            cells.append((figure(axis.column, found.value, axis.digits), interval(axis.column, found, axis.digits)))
    return FrontLine(row=row, cells=tuple(cells))


def price_gain(price: Price, gain: float) -> str:
    """Return what a step gains in the metric."""
    if price.metric.column.kind == "percent":
        return f"{signed(gain * 100, 2)} points"
    return signed(gain, 4)


def board_note(part: Part) -> str:
    """Say how the figures of a board were obtained, and what they are not."""
    board = part.board
    if board is None:
        return ""
    names = {column.name for column in part.columns}
    if board.kind == "emulated":
        cycles = (
            " Cycles are modelled: counted classes of instructions priced by the core's table, with memories that"
            " answer at once and with a flash that has wait states."
        )
        modelled = any(column.kind == "cycles" and column.how == "modelled" for column in part.columns)
        text = "Emulated: instructions are counted exactly; they are not time, so that there is neither latency nor"
        return f"{text} energy.{cycles if modelled else ''}"
    if board.kind == "host":
        return "Run on this computer: the answers are correct, the time that they took means nothing."
    if board.estimate and "latency" in names and any(column.how == "modelled" for column in part.columns):
        return (
            "Not measured on this board: instructions were counted in an emulator of the chip or of its core, which"
            " the rig names; latency and energy are modelled from them."
        )
    return ""
