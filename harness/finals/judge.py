# SPDX-License-Identifier: Apache-2.0
"""Whether a front survives its final check; docs/decisions/0094-which-front-survives.md gives the reasons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import hypot
from statistics import fmean, stdev

from harness.finals.record import FinalModel, Flag, Score
from harness.finals.run import stored_models
from harness.records import How
from harness.search import Limit, Objective, Value, limits_of, objectives_of
from harness.stats import pareto_front
from harness.store import Store

LEAST_SEEDS = 3  # fewer say too little of how far a training depends on its seed


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedCandidate:
    """A finalist: its own model, the same trained again from other seeds, their means, and what speaks against it.

    ``means`` are over the models from other seeds, the metric's on test data; of the own model where there are none.
    ``spread`` is the standard deviation of the test score over those seeds, None for fewer than two.
    """

    trial: int
    own: FinalModel
    repeats: tuple[FinalModel, ...]
    means: tuple[Value, ...]
    spread: float | None
    flags: tuple[Flag, ...] = ()

    @property
    def survives(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.flags

    @property
    def test_scores(self) -> tuple[float, ...]:
        """Test scores from the other seeds."""
        return tuple(repeat.test.value for repeat in self.repeats if repeat.test is not None)

    def mean(self, figure: str) -> float | None:
        """Return the mean of a figure by its key, None where no model has it."""
        return next((value.value for value in self.means if value.objective == figure), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finals:
    """The final check of a study as far as it went; ``trials`` is how many it had then, ``seeds`` the fewest of any."""

    study: str
    metric: str
    trials: int
    seeds: int
    candidates: tuple[JudgedCandidate, ...]

    @property
    def survives(self) -> bool:
        """Whether all candidates survive."""
        return all(candidate.survives for candidate in self.candidates)


def load_finals(store: Store, study_name: str) -> Finals | None:
    """Return the judged final check of a study, None where there is none. Raises UserError for an unknown study."""
    study = store.study(study_name)
    models = stored_models(store, study_name)
    last = max((model.trials for model in models), default=0)
    chosen = [model for model in models if model.repeat == 0 and model.trials == last]
    if not chosen:
        return None
    found = [_gathered(own, [m for m in models if m.trial == own.trial and m.repeat]) for own in chosen]
    metric = chosen[0].metric
    objectives, limits = objectives_of(study), limits_of(study)
    judged = [replace(each, flags=tuple(_flags(each, found, objectives, limits, metric))) for each in found]
    return Finals(
        study=study_name,
        metric=metric,
        trials=last,
        seeds=min(len(each.repeats) for each in judged),
        candidates=tuple(sorted(judged, key=lambda each: (-_merit(each), each.trial))),
    )


def _gathered(own: FinalModel, repeats: Sequence[FinalModel]) -> JudgedCandidate:
    good = [repeat for repeat in repeats if repeat.test is not None]
    scores = [repeat.test.value for repeat in good if repeat.test is not None]
    return JudgedCandidate(
        trial=own.trial,
        own=own,
        repeats=tuple(repeats),
        means=_means(good or ([own] if own.test is not None else [])),
        spread=stdev(scores) if len(scores) > 1 else None,
    )


def _means(models: Sequence[FinalModel]) -> tuple[Value, ...]:
    """Return the mean of each figure over models, the task's metrics on test data."""
    found: dict[str, list[float]] = {}
    hows: dict[str, How] = {}
    for model in models:
        scores = {score.metric: score.value for score in (model.test, *model.further) if score is not None}
        figures = {value.objective: (value.value, value.how) for value in model.values}
        figures |= {metric: (score, How.HOST) for metric, score in scores.items()}
        for name, (value, how) in figures.items():
            found.setdefault(name, []).append(value)
            hows[name] = how
    return tuple(Value(objective=name, value=fmean(values), how=hows[name]) for name, values in found.items())


def _merit(candidate: JudgedCandidate) -> float:
    return candidate.own.test.value if candidate.own.test is not None else float("-inf")


def _flags(
    one: JudgedCandidate,
    everyone: Sequence[JudgedCandidate],
    objectives: Sequence[Objective],
    limits: Sequence[Limit],
    metric: str,
) -> Iterator[Flag]:
    yield from _failures(one)
    yield from _broken_promises(one, metric)
    mean = one.mean(metric)
    own = one.own.test
    if one.test_scores and mean is not None and own is not None and own.low is not None and mean < own.low:
        message = (
            f"trained again it scores {mean:.4g} on average, below the interval of the model that the search found"
            f" ({own.low:.4g} to {own.high:.4g}): that one was a lucky draw"
        )
        yield Flag(kind="lucky", message=message)
    rival = _rival(one, everyone, objectives)
    if rival is not None:
        message = f"trial {rival.trial} is at least as good in every objective, on test data and over the seeds"
        yield Flag(kind="beaten", message=message)
    for limit in limits:
        value = one.mean(limit.key)
        if value is not None and limit.violation(value) > 0:
            is_, shall_be = limit.text(value, 6), limit.text(limit.bound, 6)
            message = f"{limit.key} is {is_} on average, and shall be {limit.sense} {shall_be}"
            yield Flag(kind="limit", message=message)


def _failures(one: JudgedCandidate) -> Iterator[Flag]:
    if one.own.failure is not None:
        failure = one.own.failure
        where = f" on {failure.board}" if failure.board else ""
        yield Flag(kind="failed", message=f"its model failed{where}: {failure.kind}: {_first_line(failure.message)}")
    failures = [repeat.failure for repeat in one.repeats if repeat.failure is not None]
    if failures:
        share = f"{len(failures)} of {len(one.repeats)} trainings from other seeds failed"
        yield Flag(kind="failed", message=f"{share}: {failures[0].kind}: {_first_line(failures[0].message)}")


def _broken_promises(one: JudgedCandidate, metric: str) -> Iterator[Flag]:
    seen, test = one.own.validation, one.own.test
    if seen is None or test is None or not _is_certainly_more(seen, test):
        return
    message = (
        f"{metric} is {seen.value:.4g} on the validation data that the search saw, but {test.value:.4g} on test data"
        f" ({test.low:.4g} to {test.high:.4g})"
    )
    yield Flag(kind="promised", message=message)


def _is_certainly_more(one: Score, other: Score) -> bool:
    """Say whether the 95 % interval of the difference of two scores, of other samples each, lies above 0.

    The interval is put together from both by squares (R. G. Newcombe, Statistics in Medicine 17, 1998, method 10).
    """
    if one.low is None or other.high is None:
        return False
    return one.value - other.value > hypot(one.value - one.low, other.high - other.value)


def _rival(
    one: JudgedCandidate, everyone: Sequence[JudgedCandidate], objectives: Sequence[Objective]
) -> JudgedCandidate | None:
    """Return a finalist that beats this one, every figure of both a mean over the seeds; None where none does."""
    for other in everyone:
        both = [each for each in objectives if one.mean(each.key) is not None and other.mean(each.key) is not None]
        if other is not one and both and pareto_front([_point(one, both), _point(other, both)]) == (1,):
            return other
    return None


def _point(one: JudgedCandidate, objectives: Sequence[Objective]) -> list[float]:
    """Return a candidate's means, all to be minimised."""
    return [each.oriented(one.mean(each.key) or 0.0) for each in objectives]


def _first_line(text: str) -> str:
    return text.partition("\n")[0]
