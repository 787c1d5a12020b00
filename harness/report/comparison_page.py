# SPDX-License-Identifier: Apache-2.0
"""A comparison as a page: what is a regression first, then a table for each subject, changes as bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.report.comparison import Figure, Row, figure_text
from harness.report.words import plural

BAR_WIDTH, BAR_HEIGHT = 160.0, 14.0
_LEAST_FULL = 0.05  # a change of so much, or the largest if it is more, fills the bar


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedLine:
    """A figure in words; the bar lies from ``x`` on, to the right of the middle where the figure rose."""

    figure: str
    before: str
    after: str
    change: str
    how: str
    verdict: str  # "better", "worse", "regression" or nothing
    x: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedSubject:
    """What was measured on both sides, with its figures."""

    name: str
    lines: tuple[ComparedLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonView:
    """What a page shows of a comparison."""

    before: str
    after: str
    verdict: str
    passed: bool
    limits: int
    problems: tuple[tuple[str, str], ...]  # subject and reason
    subjects: tuple[ComparedSubject, ...]


def comparison_view(before: str, after: str, rows: Sequence[Row]) -> ComparisonView:
    """Return what is shown of rows; ``before`` and ``after`` are the sides as the user named them."""
    full = max([_LEAST_FULL, *(abs(row.change) for row in rows if row.change is not None)])
    problems = tuple((row.subject, row.problem) for row in rows if row.problem)
    subjects = tuple(
        ComparedSubject(name=name, lines=tuple(_line(row, full) for row in rows if row.subject == name))
        for name in dict.fromkeys(row.subject for row in rows)
    )
    return ComparisonView(
        before=before,
        after=after,
        verdict=_verdict(rows),
        passed=not problems,
        limits=sum(row.allowed is not None for row in rows),
        problems=problems,
        subjects=subjects,
    )


def _verdict(rows: Sequence[Row]) -> str:
    better = sum(row.better is True for row in rows)
    worse = sum(row.better is False for row in rows)
    same = sum(row.change == 0 for row in rows)
    return f"{plural(better, 'figure')} became better, {worse:,} worse, {same:,} stayed as before"


def _line(row: Row, full: float) -> ComparedLine:
    change = row.change
    half = BAR_WIDTH / 2
    width = 0.0 if change is None else round(abs(change) / full * half, 2)
    verdict = "regression" if row.problem else {True: "better", False: "worse", None: ""}[row.better]
    return ComparedLine(
        figure=row.figure,
        before=_text(row.before),
        after=_text(row.after),
        change="–" if change is None else f"{change:+.2%}",
        how=", ".join(dict.fromkeys(each.how for each in (row.before, row.after) if each is not None)),
        verdict=verdict,
        x=half - width if change is not None and change < 0 else half,
        width=width,
    )


def _text(figure: Figure | None) -> str:
    return "–" if figure is None else figure_text(figure)
