# SPDX-License-Identifier: Apache-2.0
"""The one formula: cycles = instructions * c, time = cycles / f, energy = power * time."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot

from harness.boards import Board
from harness.errors import BadBoard
from harness.records import How, Quantity


def price(board: Board, instructions: int, *, counted_on: str) -> tuple[Quantity, Quantity]:
    """Return the modelled latency (us) and energy (uJ) of an inference on a board that is not there.

    ``counted_on`` is the board whose image was counted: this one, or a stand-in with the same core.

    With c cycles an instruction, f the clock in Hz and P the active power: t = instructions * c / f, E = P * t. The
    relative errors of c and P are independent, so they add in squares. Raises BadBoard where the board has no price.
    """
    facts = board.estimate
    if facts is None:
        raise BadBoard(
            f"{board.id} has no price for the counts of an emulated board: nobody has calibrated it",
            hint="Uncalibrated estimates are 30 to 50 % off. Connect the board, or name one that has a price.",
        )
    cycles = instructions * facts.cycles_per_instruction
    time_us = cycles / board.clock_hz * 1e6
    power_mw = facts.active_mw_per_mhz * board.clock_hz / 1e6
    latency = _interval(
        time_us,
        facts.cycles_error,
        "us",
        f"instructions of {counted_on} x {facts.cycles_per_instruction:g} cycles an instruction"
        f" at {board.clock_hz / 1e6:g} MHz (error {facts.cycles_error:.0%}); {facts.cycles_source}",
    )
    energy = _interval(
        time_us * power_mw / 1e3,
        hypot(facts.cycles_error, facts.power_error),
        "uJ",
        f"latency x {power_mw:.3g} mW at {facts.supply_v:g} V (error {facts.power_error:.0%}); {facts.power_source}",
    )
    return latency, energy


def _interval(value: float, relative_error: float, unit: str, source: str) -> Quantity:
    return Quantity(
        value=value,
        unit=unit,
        how=How.MODELLED,
        source=source,
        low=value * (1 - relative_error),
        high=value * (1 + relative_error),
    )


def fit_cycles_per_instruction(
    instructions: Sequence[float], cycles: Sequence[float]
) -> tuple[float, tuple[float, float]]:
    """Fit one constant of cycles an instruction to silicon: the mean of the programs' ratios.

    Returns the constant and the lowest and highest relative error (predicted / observed - 1) over the programs.
    """
    ratios = [y / i for i, y in zip(instructions, cycles, strict=True)]
    constant = sum(ratios) / len(ratios)
    errors = [constant / ratio - 1.0 for ratio in ratios]
    return constant, (min(errors), max(errors))
