# SPDX-License-Identifier: Apache-2.0
"""The final check as a report shows it: scores in words, intervals as a picture, and what does not survive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from harness.finals import LEAST_SEEDS, FinalModel, Finals, JudgedCandidate, Score
from harness.report.content import Content
from harness.report.figures import Entry
from harness.report.words import entry_title, parameters_text, plural

WIDTH, HEIGHT, _MARGIN = 240.0, 28.0, 10.0  # of a picture, in its own units
_INTERVALS = {
    "wilson": "Wilson's interval of a share",
    "bootstrap": "a percentile bootstrap of 2,000 resamples",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalPicture:
    """Where scores lie along a line that all pictures share; None for what there is not."""

    validation: float | None
    test: float | None
    low: float | None
    high: float | None
    seeds: tuple[float, ...]
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalLine:
    """A finalist: what it is, its scores in words, and what speaks against it."""

    trial: int
    title: str
    parameters: str
    validation: str
    test: str
    interval: str
    seeds: str
    range: str
    streamed: tuple[str, ...]
    survives: bool
    flags: tuple[str, ...]
    picture: FinalPicture


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalsView:
    """The section: a verdict in words, a line a finalist, and how to read it."""

    verdict: str
    survives: bool
    metric: str
    notes: tuple[str, ...]
    lines: tuple[FinalLine, ...]


def finals_view(content: Content) -> FinalsView | None:
    """Return what is shown of a study's final check, None where there was none."""
    finals = content.finals
    if finals is None:
        return None
    entries = {entry.number: entry for part in content.parts for entry in part.entries}
    scale = _scale(finals)
    ends = " to ".join(score_text(finals.metric, end) for end in scale)
    lines = tuple(_line(each, finals.metric, entries.get(each.trial), scale) for each in finals.candidates)
    return FinalsView(
        verdict=verdict_text(finals),
        survives=finals.survives,
        metric=finals.metric,
        notes=(*_notes(finals, content), f"All pictures reach from {ends}."),
        lines=lines,
    )


def verdict_text(finals: Finals) -> str:
    """Return the outcome of a final check in one sentence."""
    count, lost = len(finals.candidates), sum(not each.survives for each in finals.candidates)
    checked = f"{plural(count, 'candidate')} of the front checked"
    if not lost:
        return f"{checked}: {'it survives' if count == 1 else 'all survive'}."
    return f"{checked}: {lost} {'does' if lost == 1 else 'do'} not survive."


def score_text(metric: str, value: float, digits: int = 1) -> str:
    """Return a score, one with accuracy in its name as percent."""
    return f"{value * 100:.{digits}f} %" if "accuracy" in metric else f"{value:.4g}"


def interval_text(score: Score | None) -> str:
    """Return the 95 % interval of a score, a dash where there is none."""
    if score is None or score.low is None or score.high is None:
        return "–"
    return f"{score_text(score.metric, score.low)} to {score_text(score.metric, score.high)}"


def spread_text(each: JudgedCandidate, metric: str) -> str:
    """Return the mean of the test scores from other seeds with their standard deviation, a dash for none."""
    if not each.test_scores:
        return "–"
    mean = score_text(metric, fmean(each.test_scores))
    return mean if each.spread is None else f"{mean} ± {score_text(metric, each.spread, 2)}"


def _line(each: JudgedCandidate, metric: str, entry: Entry | None, scale: tuple[float, float]) -> FinalLine:
    own, scores = each.own, each.test_scores
    known = [] if entry is None or entry.candidate is None else [parameters_text(entry.candidate.parameters)]
    return FinalLine(
        trial=each.trial,
        title=entry_title(entry) if entry is not None else "",
        parameters="".join(known),
        validation=_score(own.validation),
        test=_score(own.test),
        interval=interval_text(own.test),
        seeds=spread_text(each, metric),
        range=f"{score_text(metric, min(scores))} to {score_text(metric, max(scores))}" if len(scores) > 1 else "",
        streamed=tuple(f"{one.samples} of {one.samples} equal on {one.board}" for one in own.streamed),
        survives=each.survives,
        flags=tuple(flag.message for flag in each.flags),
        picture=_picture(own, scores, scale),
    )


def _score(score: Score | None) -> str:
    return "–" if score is None else score_text(score.metric, score.value)


def _scale(finals: Finals) -> tuple[float, float]:
    """Return the least and the most of all scores and bounds."""
    values: list[float] = []
    for each in finals.candidates:
        values += each.test_scores
        for score in (each.own.validation, each.own.test):
            values += [value for value in _bounds(score) if value is not None]
    low, high = min(values, default=0.0), max(values, default=1.0)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _bounds(score: Score | None) -> Sequence[float | None]:
    return () if score is None else (score.value, score.low, score.high)


def _picture(own: FinalModel, scores: Sequence[float], scale: tuple[float, float]) -> FinalPicture:
    low, high = scale

    def place(value: float | None) -> float | None:
        if value is None:
            return None
        return round(_MARGIN + (value - low) / (high - low) * (WIDTH - 2 * _MARGIN), 2)

    test, validation = own.test, own.validation
    words = f"validation {_score(validation)}, test {_score(test)}, interval {interval_text(test)}"
    return FinalPicture(
        validation=place(validation.value if validation else None),
        test=place(test.value if test else None),
        low=place(test.low if test else None),
        high=place(test.high if test else None),
        seeds=tuple(found for score in scores if (found := place(score)) is not None),
        words=words,
    )


def _notes(finals: Finals, content: Content) -> Sequence[str]:
    kinds: Mapping[str, str] = {each.own.test.interval: "" for each in finals.candidates if each.own.test}
    notes = [f"The interval of 95 % is {_INTERVALS[kind]}." for kind in sorted(kinds) if kind in _INTERVALS]
    if finals.seeds < LEAST_SEEDS:
        notes.append(f"Trained again from {plural(finals.seeds, 'seed')} only: fewer than {LEAST_SEEDS} say little.")
    if finals.trials < content.finished:
        notes.append(f"Checked when the study had {plural(finals.trials, 'trial')}; now it has {content.finished:,}.")
    return notes
