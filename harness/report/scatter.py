# SPDX-License-Identifier: Apache-2.0
"""Scatter plots as geometry: a metric against a cost, in the units of an SVG's view box. No text, no markup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from harness.report.figures import Column, Entry, quantity
from harness.report.words import compact
from harness.stats import pareto_front

WIDTH, HEIGHT = 480, 330
LEFT, RIGHT, TOP, BOTTOM = 50, 16, 32, 50
_LOGARITHMIC_FROM = 15.0  # largest over smallest value, from where on a linear axis hides the small ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A mark on an axis: where, and what it says."""

    at: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One entry: its centre, its interval along x, and its position in the list of entries."""

    x: float
    y: float
    low: float | None
    high: float | None
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scatter:
    """A plot; ``steps`` is the path of the front of these two figures alone."""

    cost: Column
    metric: Column
    points: tuple[Point, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    steps: str
    logarithmic: bool


@dataclass(frozen=True, slots=True)
class _Axis:
    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    def place(self, value: float) -> float:
        low, high, at = (log10(v) if self.logarithmic else v for v in (self.low, self.high, value))
        return round(self.start + (at - low) / (high - low) * (self.end - self.start), 1)

    def ticks(self) -> tuple[Tick, ...]:
        marks = (_decades if self.logarithmic else _nice)(self.low, self.high)
        return tuple(Tick(at=self.place(v), text=compact(v)) for v in marks if self.low <= v <= self.high)


def scatter(entries: Sequence[Entry], metric: Column, cost: Column) -> Scatter | None:
    """Plot the verified entries that have both figures; None where there are none."""
    found = [
        (position, x, y)
        for position, entry in enumerate(entries)
        if entry.verified and (x := quantity(entry, cost)) and (y := quantity(entry, metric))
    ]
    if not found:
        return None
    costs = [edge for _, x, _ in found for edge in (x.value, x.low, x.high) if edge is not None]
    metrics = [y.value * (100 if metric.kind == "percent" else 1) for _, _, y in found]
    logarithmic = min(costs) > 0 and max(costs) / min(costs) >= _LOGARITHMIC_FROM
    x_axis = _Axis(*_span(costs, logarithmic), LEFT, WIDTH - RIGHT, logarithmic)
    y_axis = _Axis(*_span(metrics, False), HEIGHT - BOTTOM, TOP)
    points = tuple(
        Point(
            x=x_axis.place(x.value),
            y=y_axis.place(value),
            low=None if x.low is None else x_axis.place(x.low),
            high=None if x.high is None else x_axis.place(x.high),
            position=position,
        )
        for (position, x, _), value in zip(found, metrics, strict=True)
    )
    return Scatter(
        cost=cost,
        metric=metric,
        points=points,
        x_ticks=x_axis.ticks(),
        y_ticks=y_axis.ticks(),
        steps=_steps(points, higher_is_better=not metric.minimised),
        logarithmic=logarithmic,
    )


def _span(values: Sequence[float], logarithmic: bool) -> tuple[float, float]:
    """Return the ends of an axis: a little beyond the values, so that no point lies on the frame; never past zero."""
    low, high = min(values), max(values)
    if logarithmic:
        room = (high / low) ** 0.06
        return low / room, high * room
    room = max((high - low) * 0.08, abs(high) * 1e-3, 1e-6)  # so that marks can be told apart
    return (max(0.0, low - room) if low >= 0 else low - room), high + room


def _nice(low: float, high: float) -> list[float]:
    """Return about five round numbers in an interval: steps of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / 5
    power = 10.0 ** floor(log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    return [float(f"{number * step:.12g}") for number in range(ceil(low / step), floor(high / step) + 1)]


def _decades(low: float, high: float) -> list[float]:
    """Return marks for a logarithmic axis: the powers of ten, and between them as many as the width leaves room for."""
    factors = (1, 2, 5) if high / low < 60 else (1, 3) if high / low < 3e3 else (1,)
    powers = range(floor(log10(low)), ceil(log10(high)) + 1)
    return [factor * 10.0**power for power in powers for factor in factors]


def _steps(points: Sequence[Point], *, higher_is_better: bool) -> str:
    """Return the staircase through the points that no other beats in this plot, as the data of an SVG path."""
    front = [points[i] for i in pareto_front([(p.x, p.y if higher_is_better else -p.y) for p in points])]
    corners = sorted({(point.x, point.y) for point in front})
    path = [f"M{corners[0][0]:g} {corners[0][1]:g}"]
    path += [f"H{x:g}V{y:g}" for x, y in corners[1:]]
    return "".join(path) if len(corners) > 1 else ""
