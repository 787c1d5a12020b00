# SPDX-License-Identifier: Apache-2.0
"""How a search got on: the hypervolume after each trial as a curve, and where the time went."""

from __future__ import annotations

from dataclasses import dataclass

from harness.report.standing import StudyFacts
from harness.search import is_ranked, point_of
from harness.stats import dominated_shares

WIDTH, HEIGHT = 720, 230
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 14, 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """The share of the space of objectives that is beaten, as an SVG path, with marks where the front grew."""

    path: str
    marks: tuple[tuple[float, float, str], ...]  # x, y, words
    x_ticks: tuple[tuple[float, int], ...]
    y_ticks: tuple[tuple[float, str], ...]
    last: float
    grew: tuple[tuple[int, float], ...]  # trial and share after it


def curve_of(facts: StudyFacts) -> Curve | None:
    """Return the curve over all trials that meet the limits; None for fewer than three of them."""
    trials = [each for each in facts.finished if each.outcome.values and is_ranked(each.outcome, facts.objectives)]
    if len(trials) < 3:
        return None
    shares = dominated_shares([point_of(trial.outcome, facts.objectives) for trial in trials])
    first, last = facts.finished[0].number, facts.finished[-1].number
    top = max(shares) or 1.0

    def x(number: int) -> float:
        return round(LEFT + (number - first) / max(1, last - first) * (WIDTH - LEFT - RIGHT), 1)

    def y(share: float) -> float:
        return round(HEIGHT - BOTTOM - share / top * (HEIGHT - TOP - BOTTOM), 1)

    grew, before = [], 0.0
    for trial, share in zip(trials, shares, strict=True):
        if share > before:
            grew.append((trial.number, share))
            before = share
    path = f"M{x(first):g} {y(0):g}" + "".join(f"H{x(n):g}V{y(share):g}" for n, share in grew) + f"H{x(last):g}"
    return Curve(
        path=path,
        marks=tuple((x(n), y(share), f"Trial {n}: {share * 100:.1f} %") for n, share in grew),
        x_ticks=tuple((x(number), number) for number in _round_numbers(first, last)),
        y_ticks=tuple((y(top * part), f"{top * part * 100:.0f} %") for part in (0.0, 0.5, 1.0)),
        last=shares[-1],
        grew=tuple(grew),
    )


def seconds_by_stage(facts: StudyFacts) -> tuple[tuple[str, float], ...]:
    """Return the seconds that all trials spent in each stage, the longest first; what was looked up took none."""
    spent: dict[str, float] = {}
    for trial in facts.finished:
        for stage, seconds in trial.outcome.seconds:
            spent[stage] = spent.get(stage, 0.0) + seconds
    return tuple(sorted(spent.items(), key=lambda item: (-item[1], item[0])))


def _round_numbers(first: int, last: int) -> list[int]:
    step = next(size for size in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10**9) if (last - first) / size <= 8)
    return [number for number in range(first, last + 1) if number % step == 0]
