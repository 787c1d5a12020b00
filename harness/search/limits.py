# SPDX-License-Identifier: Apache-2.0
"""What candidates must keep to: figures with bounds, as ``ram.total_bytes<=32KiB`` or ``accuracy>=0.95``."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from harness.boards import Board
from harness.errors import LimitViolated, UserError, did_you_mean
from harness.search.figures import figure_key, find_figure
from harness.search.outcome import Reason

Sense: TypeAlias = Literal["<=", ">="]

_TEXT = re.compile(
    r"(?P<figure>[^<>=\s]+)\s*(?P<sense><=|>=)\s*(?P<number>-?[0-9.]+(?:[eE][+-]?[0-9]+)?)\s*(?P<unit>\S*)"
)
_PLAIN = {"": 1.0, "k": 1e3, "M": 1e6}
_BYTES = {"": 1.0, "B": 1.0, "kB": 1e3, "MB": 1e6, "KiB": 1024.0, "MiB": 1024.0**2}
_UNITS: Mapping[str, Mapping[str, float]] = {
    "instructions": _PLAIN,
    "cycles": _PLAIN,
    "macs": _PLAIN,
    "parameters": _PLAIN,
    "model_bytes": _BYTES,
    "latency": {"": 1.0, "us": 1.0, "ms": 1e3, "s": 1e6},
    "energy": {"": 1.0, "uJ": 1.0, "mJ": 1e3, "J": 1e6},
    "ram": _BYTES,
    "flash": _BYTES,
}
_METRIC = {"": 1.0, "%": 0.01}
_SHOWN = {"ram": "bytes", "flash": "bytes", "model_bytes": "bytes", "latency": "us", "energy": "uJ"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A figure and its bound, in the figure's unit (bytes, us, uJ); ``board`` is None for a figure of the host."""

    name: str
    sense: Sense
    bound: float
    board: str | None = None

    @property
    def key(self) -> str:
        """The figure's name in outcomes: ``accuracy``, ``ram@mps2_an386``."""
        return figure_key(self.name, self.board)

    def __str__(self) -> str:
        return f"{self.key} {self.sense} {self.text(self.bound)}"

    def text(self, value: float, digits: int = 10) -> str:
        """Return a value of this figure with its unit, where it has one."""
        unit = _SHOWN.get(self.name.partition(".")[0], "")
        return f"{value:,.{digits}g} {unit}".rstrip()

    def violation(self, value: float) -> float:
        """Return by how much a value breaks the limit, as a share of the bound; 0 where it keeps to it."""
        beyond = value - self.bound if self.sense == "<=" else self.bound - value
        return max(0.0, beyond) / (abs(self.bound) or 1.0)


def broken(limit: Limit, value: float, found: str, *, stage: str) -> Reason:
    """Return why a candidate with this value breaks a limit; ``found`` is the value in words."""
    return Reason(
        board=limit.board,
        kind=LimitViolated.__name__,
        stage=stage,
        message=f"{limit.key} is {found}, and shall be {limit.sense} {limit.text(limit.bound)}",
        violation=limit.violation(value),
    )


def parse_limits(texts: Sequence[str], metrics: Sequence[str], boards: Sequence[Board]) -> tuple[Limit, ...]:
    """Read limits written as ``FIGURE<=NUMBER[UNIT]`` or ``FIGURE>=NUMBER[UNIT]``.

    FIGURE may name its board as ``find_figure`` takes it; without one it means every board. Raises UserError for what
    cannot be read, and for a figure that a board does not have.
    """
    return tuple(limit for text in texts for limit in _parse(text, metrics, boards))


def _parse(text: str, metrics: Sequence[str], boards: Sequence[Board]) -> list[Limit]:
    match = _TEXT.fullmatch(text.strip())
    if match is None:
        raise UserError(
            f"the limit {text!r} is not of the form FIGURE<=NUMBER[UNIT] or FIGURE>=NUMBER[UNIT]",
            hint="Such as: --limit 'ram<=32KiB' --limit 'accuracy>=0.95'. Quote it: < and > mean something to a shell.",
        )
    sense: Sense = "<=" if match["sense"] == "<=" else ">="
    try:
        name, found = find_figure(match["figure"], metrics, boards)
    except UserError as error:
        raise UserError(f"the limit {text!r}: {error.message}", hint=error.hint) from error
    units = _METRIC if name in metrics else _UNITS[name.partition(".")[0]]
    unit, valid = match["unit"], [unit for unit in units if unit]
    if unit not in units:
        raise UserError(f"the limit {text!r}: {name} has no unit {unit!r}", hint=did_you_mean(unit, valid))
    try:
        bound = float(match["number"]) * units[unit]
    except ValueError:
        raise UserError(f"the limit {text!r}: {match['number']!r} is no number") from None
    if not math.isfinite(bound):
        raise UserError(f"the limit {text!r}: {match['number']!r} is too large")
    if bound < 0 and name not in metrics:
        raise UserError(f"the limit {text!r}: {name} is never below 0")
    return [Limit(name=name, sense=sense, bound=bound, board=board) for board in found]
