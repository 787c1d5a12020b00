# SPDX-License-Identifier: Apache-2.0
"""What a study optimises: the task's metrics, and figures of the model and of each board."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from harness.boards import Board
from harness.errors import UserError, did_you_mean
from harness.search.figures import FIGURES, TOTALS, Direction, better_direction, figure_key, find_figure

_DIRECTIONS: Mapping[str, Direction] = {"max": "maximize", "min": "minimize"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """A figure and the direction in which it is better; ``board`` is None for a figure of the host."""

    name: str
    direction: Direction
    board: str | None = None

    @property
    def key(self) -> str:
        """The objective's name in outcomes: ``accuracy``, ``ram@mps2_an386``."""
        return figure_key(self.name, self.board)

    def __str__(self) -> str:
        return f"{self.key} ({'most' if self.direction == 'maximize' else 'least'})"

    def oriented(self, value: float) -> float:
        """Return a value of the figure so that less is better."""
        return value if self.direction == "minimize" else -value


def default_objectives(metric: str, boards: Sequence[Board], *, estimate: bool = False) -> tuple[Objective, ...]:
    """Return the metric, and for each board RAM with what it knows of time: instructions, or latency and energy.

    Energy is an objective where a board is priced; where it is measured, it takes a meter, and must be asked for. For a
    real board that has no price, and whose firmware runs in an emulator, instructions stand for time.
    """
    objectives = [Objective(name=metric, direction="maximize")]
    for board in boards:
        priced = ("latency", "energy") if board.estimate is not None else ("instructions",)
        timed = priced if estimate else ("latency",)
        costs = {"real": timed, "emulated": ("instructions",), "host": ()}[board.kind]
        objectives += [Objective(name=name, direction="minimize", board=board.id) for name in (*costs, "ram")]
    return tuple(objectives)


def parse_objectives(texts: Sequence[str], metrics: Sequence[str], boards: Sequence[Board]) -> tuple[Objective, ...]:
    """Read objectives: a figure as ``find_figure`` takes it, with ``:min`` or ``:max`` where that is not plain.

    ``ram``, ``ram:min``, ``ram:min@mps2_an386``, ``ram@mps2_an386:min`` and ``mps2_an386:ram:min`` are read; a figure
    of boards without one means every board. Raises UserError for an unknown name, direction or board, for an objective
    given twice, and for a figure that a board does not have.
    """
    found = [objective for text in texts for objective in _parse(text, metrics, boards)]
    keys = [objective.key for objective in found]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice is not None:
        raise UserError(f"the objective {twice} is given twice")
    return tuple(found)


def _parse(text: str, metrics: Sequence[str], boards: Sequence[Board]) -> list[Objective]:
    figure, short = _without_direction(text, {board.id for board in boards})
    head = text.partition(":")[0].partition("@")[0]
    if short is not None and head not in (*metrics, *FIGURES, *TOTALS, *(board.id for board in boards)):
        listed = ", ".join(board.id for board in boards)
        raise UserError(
            f"the objective {text!r}: {head!r} is neither a figure nor a board that is searched on",
            hint=f"Boards of this study: {listed}. {did_you_mean(head, (*metrics, *FIGURES))}",
        )
    if short is not None and short not in _DIRECTIONS:
        raise UserError(f"the objective {text!r} has no direction {short!r}", hint=did_you_mean(short, _DIRECTIONS))
    try:
        name, found = find_figure(figure, metrics, boards)
    except UserError as error:
        raise UserError(f"the objective {text!r}: {error.message}", hint=error.hint) from error
    direction = _DIRECTIONS[short] if short else better_direction(name, metrics)
    return [Objective(name=name, direction=direction, board=board) for board in found]


def _without_direction(text: str, boards: AbstractSet[str]) -> tuple[str, str | None]:
    """Return the figure with its board, and what is written as its direction."""
    head, colon, rest = text.partition(":")
    if colon and head in boards:
        figure, _, short = rest.partition(":")
        return f"{head}:{figure}", short or None
    short, at, board = rest.partition("@")
    return f"{head}{at}{board}", short if colon else None
