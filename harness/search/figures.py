# SPDX-License-Identifier: Apache-2.0
"""The figures of a candidate by name: the task's metrics, what the host knows of its model, quantities of a board."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from harness.boards import Board
from harness.errors import UserError, did_you_mean
from harness.records import Artifact, How, Measurement, Quantity

Direction: TypeAlias = Literal["maximize", "minimize"]

BOARD_FIGURES = (
    "instructions",
    "cycles",
    "cycles.zero_wait",
    "cycles.flash_wait",
    "latency",
    "energy",
    "macs",
    "ram",
    "ram.model_bytes",
    "ram.stack_bytes",
    "flash",
    "flash.weights_bytes",
    "flash.code_bytes",
)
MODEL_FIGURES = ("model_bytes", "parameters")  # of the model's file and its network, whatever the board
FIGURES = (*BOARD_FIGURES, *MODEL_FIGURES)
TOTALS = {"ram.total_bytes": "ram", "flash.total_bytes": "flash"}
_TEXT = re.compile(r"((?P<before>[a-z0-9_]+):)?(?P<name>[a-z0-9_.]+)(@(?P<after>[a-z0-9_]+))?")


class Named(Protocol):
    """An objective or a limit: the name of a figure, and the board that it is of."""

    @property
    def name(self) -> str: ...

    @property
    def board(self) -> str | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """An objective's value for one candidate, and how it was obtained."""

    value: float
    how: How


def figure_key(name: str, board: str | None) -> str:
    """Return a figure's name in outcomes: ``accuracy``, ``ram@mps2_an386``."""
    return name if board is None else f"{name}@{board}"


def better_direction(name: str, metrics: Sequence[str]) -> Direction:
    """Return in which direction a figure is better: more of a task's metrics, less of everything else."""
    return "maximize" if name in metrics else "minimize"


def find_figure(
    text: str, metrics: Sequence[str], boards: Sequence[Board]
) -> tuple[str, tuple[str, ...] | tuple[None]]:
    """Read ``FIGURE``, ``FIGURE@BOARD`` or ``BOARD:FIGURE``; return its name and the boards that it is of.

    These are ``(None,)`` for one of the task's ``metrics`` and for a figure of the model. Raises UserError for an
    unknown name or board, and for a figure that a board does not have.
    """
    match = _TEXT.fullmatch(text)
    if match is None or (match["before"] and match["after"]):
        raise UserError(f"{text!r} is not of the form FIGURE, FIGURE@BOARD or BOARD:FIGURE")
    name, at = TOTALS.get(match["name"], match["name"]), match["before"] or match["after"]
    known = (*metrics, *FIGURES)
    if name not in known:
        raise UserError(f"there is no figure {name!r}", hint=did_you_mean(name, known))
    if name in metrics or name in MODEL_FIGURES:
        if at is not None:
            raise UserError(f"{name} is no figure of a board: leave {at!r} away")
        return name, (None,)
    wanted = [board for board in boards if at in (None, board.id)]
    if not wanted:
        listed = ", ".join(board.id for board in boards)
        raise UserError(f"{text!r} names a board that is not searched on", hint=f"Boards of this study: {listed}.")
    for board in wanted:
        _require(name, board)
    return name, tuple(board.id for board in wanted)


def figure_of(wanted: Named, artifact: Artifact, measurements: Mapping[str, Measurement]) -> Figure:
    """Return the figure of an objective or a limit; a metric is that on the validation data, never on the test data.

    Raises UserError where the board does not yield it.
    """
    if wanted.board is None:
        return Figure(value=_of_model(wanted.name, artifact), how=How.HOST)
    found = _of_board(wanted.name, measurements[wanted.board])
    if found is None:
        raise UserError(
            f"{wanted.board} yields no {wanted.name}, which this study needs",
            hint="Choose other objectives and limits, such as: accuracy, ram, flash.",
        )
    return found


def _of_model(name: str, artifact: Artifact) -> float:
    if name == "model_bytes":
        return artifact.size_bytes
    return dict(artifact.metrics)[name if name in MODEL_FIGURES else f"validation_{name}"]


def _of_board(name: str, measurement: Measurement) -> Figure | None:
    kind, _, part = name.partition(".")
    if kind in ("ram", "flash"):
        return Figure(value=getattr(getattr(measurement, kind), part or "total_bytes"), how=How.COUNTED)
    if kind == "macs":
        return Figure(value=sum(layer.macs for layer in measurement.layers), how=How.COUNTED)
    if kind == "cycles" and (part or measurement.counted_cycles is None):
        cycles = measurement.cycles
        return None if cycles is None else Figure(value=getattr(cycles, part or "flash_wait"), how=cycles.how)
    quantity: Quantity | None = measurement.counted_cycles if kind == "cycles" else getattr(measurement, name)
    return None if quantity is None else Figure(value=quantity.value, how=quantity.how)


def _require(name: str, board: Board) -> None:
    """Raise UserError where a board cannot yield a figure; what depends on instruments shows when it is measured."""
    if name in ("latency", "energy") and board.kind != "real":
        reason = "emulated instructions are not time" if board.kind == "emulated" else "the host's time means nothing"
        raise UserError(f"{board.id} has no {name}: {reason}", hint="Use instructions, ram or flash there.")
    kind, _, part = name.partition(".")
    if kind in ("instructions", "cycles") and not board.emulators:
        raise UserError(f"{board.id} counts no {kind}: no emulator runs its firmware")
    exact = board.core.isa == "avr" and not part  # the emulator of these counts cycles
    if kind == "cycles" and board.core.cycles is None and not exact:
        raise UserError(
            f"{board.id} has no {name}: nobody has priced the instructions of its core", hint="Use instructions there."
        )
