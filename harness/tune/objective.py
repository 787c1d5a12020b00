# SPDX-License-Identifier: Apache-2.0
"""What a plan is tuned for, and where a measurement has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from harness.boards import Board
from harness.errors import UserError, did_you_mean
from harness.records import LayerProfile, Measurement


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """A figure to make small: of a whole measurement, and of one of its layers where layers have it."""

    name: str
    unit: str
    whole: Callable[[Measurement], float | None]
    layer: Callable[[LayerProfile], float | None] | None = None


def _latency(found: Measurement) -> float | None:
    return None if found.latency is None else found.latency.value


def _instructions(found: Measurement) -> float | None:
    return None if found.instructions is None else found.instructions.value


def _cycles(found: Measurement | LayerProfile) -> float | None:
    return None if found.cycles is None else found.cycles.flash_wait


OBJECTIVES: Mapping[str, Objective] = {
    "instructions": Objective(
        name="instructions", unit="instructions", whole=_instructions, layer=lambda layer: layer.instructions
    ),
    "cycles": Objective(name="cycles", unit="cycles", whole=_cycles, layer=_cycles),
    "latency": Objective(name="latency", unit="us", whole=_latency),
}


def default_objective(board: Board) -> str:
    """Return what a board is tuned for unless something else is asked for."""
    return "latency" if board.kind == "real" else "instructions"


def find_objective(name: str, board: Board) -> Objective:
    """Return the objective of a name. Raises UserError where there is none, or where the board does not have it."""
    if name not in OBJECTIVES:
        raise UserError(f"there is no objective {name!r}", hint=did_you_mean(name, OBJECTIVES))
    if board.kind == "host":
        raise UserError(
            "the host counts nothing, and its time means nothing: there is nothing to tune for",
            hint="Name an emulated or a real board by --board.",
        )
    if (board.kind == "real") != (name == "latency"):
        raise UserError(
            f"{board.id} does not give {name}: emulated boards count, real ones take time",
            hint=f"Leave --objective away: it is {default_objective(board)}.",
        )
    return OBJECTIVES[name]
