# SPDX-License-Identifier: Apache-2.0
"""What a study optimises: the task's metric, and figures of each board."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from harness.boards import Board
from harness.errors import UserError, did_you_mean
from harness.records import Artifact, How, Measurement, Quantity

Direction: TypeAlias = Literal["maximize", "minimize"]

FIGURES = (
    "instructions",
    "latency",
    "energy",
    "ram",
    "ram.model_bytes",
    "ram.stack_bytes",
    "flash",
    "flash.weights_bytes",
    "flash.code_bytes",
)
_TOTALS = {"ram.total_bytes": "ram", "flash.total_bytes": "flash"}
_DIRECTIONS: Mapping[str, Direction] = {"max": "maximize", "min": "minimize"}
_TEXT = re.compile(r"(?P<name>[a-z0-9_.]+)(:(?P<direction>[a-z]+))?(@(?P<board>[a-z0-9_]+))?")
_FIGURE = re.compile(r"(?P<name>[a-z0-9_.]+)(@(?P<board>[a-z0-9_]+))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """A figure and the direction in which it is better; ``board`` is None for a metric of the host."""

    name: str
    direction: Direction
    board: str | None = None

    @property
    def key(self) -> str:
        """The objective's name in outcomes: ``accuracy``, ``ram@mps2_an386``."""
        return figure_key(self.name, self.board)


class Named(Protocol):
    """An objective or a limit: the name of a figure, and the board that it is of."""

    @property
    def name(self) -> str: ...

    @property
    def board(self) -> str | None: ...


def figure_key(name: str, board: str | None) -> str:
    """Return a figure's name in outcomes: ``accuracy``, ``ram@mps2_an386``."""
    return name if board is None else f"{name}@{board}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """An objective's value for one candidate, and how it was obtained."""

    value: float
    how: How


def default_objectives(metric: str, boards: Sequence[Board], *, estimate: bool = False) -> tuple[Objective, ...]:
    """Return the metric, and for each board RAM with what it knows of time: instructions, or latency and energy.

    Energy is an objective where a board is priced; where it is measured, it takes a meter, and must be asked for.
    """
    objectives = [Objective(name=metric, direction="maximize")]
    for board in boards:
        timed = ("latency", "energy") if estimate else ("latency",)
        costs = {"real": timed, "emulated": ("instructions",), "host": ()}[board.kind]
        objectives += [Objective(name=name, direction="minimize", board=board.id) for name in (*costs, "ram")]
    return tuple(objectives)


def parse_objectives(texts: Sequence[str], metric: str, boards: Sequence[Board]) -> tuple[Objective, ...]:
    """Read objectives written as ``NAME``, ``NAME:min`` or ``NAME:max``, each with or without ``@BOARD``.

    A figure of a board without ``@BOARD`` means every board. Raises UserError for an unknown name, direction or board,
    for an objective given twice, and for a figure that a board does not have.
    """
    found: list[Objective] = []
    for text in texts:
        found += _parse(text, metric, boards)
    keys = [objective.key for objective in found]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice is not None:
        raise UserError(f"the objective {twice} is given twice")
    return tuple(found)


def find_figure(text: str, metric: str, boards: Sequence[Board]) -> tuple[str, tuple[str, ...] | tuple[None]]:
    """Read ``FIGURE`` or ``FIGURE@BOARD``; return its name and the boards that it is of, None for the metric.

    Raises UserError for an unknown name or board, and for a figure that a board does not have.
    """
    match = _FIGURE.fullmatch(text)
    if match is None:
        raise UserError(f"{text!r} is not of the form FIGURE[@BOARD]")
    name, at = _TOTALS.get(match["name"], match["name"]), match["board"]
    if name not in (*FIGURES, metric):
        raise UserError(f"there is no figure {name!r}", hint=did_you_mean(name, (*FIGURES, metric)))
    if name == metric:
        if at is not None:
            raise UserError(f"{name} is no figure of a board: leave '@{at}' away")
        return name, (None,)
    wanted = [board for board in boards if at in (None, board.id)]
    if not wanted:
        raise UserError(f"{text!r} names a board that is not searched on", hint=_boards(boards))
    for board in wanted:
        _require(name, board)
    return name, tuple(board.id for board in wanted)


def figure_of(wanted: Named, artifact: Artifact, measurements: Mapping[str, Measurement]) -> Figure:
    """Return the figure of an objective or a limit; a metric is that on the validation data, never on the test data.

    Raises UserError where the board does not yield it.
    """
    if wanted.board is None:
        return Figure(value=dict(artifact.metrics)[f"validation_{wanted.name}"], how=How.HOST)
    measurement = measurements[wanted.board]
    memory, _, part = wanted.name.partition(".")
    if memory in ("ram", "flash"):
        return Figure(value=getattr(getattr(measurement, memory), part or "total_bytes"), how=How.COUNTED)
    quantity: Quantity | None = getattr(measurement, wanted.name)
    if quantity is None:
        raise UserError(
            f"{wanted.board} yields no {wanted.name}, which this study needs",
            hint="Choose other objectives and limits, such as: accuracy, ram, flash.",
        )
    return Figure(value=quantity.value, how=quantity.how)


def _parse(text: str, metric: str, boards: Sequence[Board]) -> list[Objective]:
    match = _TEXT.fullmatch(text)
    if match is None:
        raise UserError(f"the objective {text!r} is not of the form NAME[:min|:max][@BOARD]")
    short, at = match["direction"], match["board"]
    if short is not None and short not in _DIRECTIONS:
        raise UserError(f"the objective {text!r} has no direction {short!r}", hint=did_you_mean(short, _DIRECTIONS))
    name, found = find_figure(figure_key(match["name"], at), metric, boards)
    direction: Direction = _DIRECTIONS[short] if short else ("maximize" if name == metric else "minimize")
    return [Objective(name=name, direction=direction, board=board) for board in found]


def _require(name: str, board: Board) -> None:
    """Raise UserError where a board cannot yield a figure; what depends on instruments shows when it is measured."""
    if name in ("latency", "energy") and board.kind != "real":
        reason = "emulated instructions are not time" if board.kind == "emulated" else "the host's time means nothing"
        raise UserError(f"{board.id} has no {name}: {reason}", hint="Use instructions, ram or flash there.")
    if name == "instructions" and not board.emulators and board.estimate is None:
        raise UserError(f"{board.id} counts no instructions: no emulator runs its firmware")


def _boards(boards: Sequence[Board]) -> str:
    return f"Boards of this study: {', '.join(board.id for board in boards)}."
