# SPDX-License-Identifier: Apache-2.0
"""The best trials of a study: those that no other one beats."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.errors import UserError
from harness.records import How
from harness.search.objectives import Objective
from harness.search.outcome import Status, TrialOutcome, breaks_only_limits
from harness.search.request import FinishedTrial
from harness.stats import pareto_front


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the trials of a study compare: over ``objectives``, those of quarantined boards left out.

    ``front`` holds numbers of trials. Where it is empty, ``nearest`` breaks the limits least, if one was measured.
    """

    objectives: tuple[Objective, ...]
    front: tuple[int, ...]
    nearest: int | None
    quarantined: tuple[str, ...]


def standing_of(trials: Sequence[FinishedTrial], objectives: Sequence[Objective]) -> Standing:
    """Compare the finished trials of a study with the objectives that it began with. Raises as ``front_of``."""
    quarantined = quarantined_boards(trials)
    left = objectives_on(objectives, quarantined)
    front = front_of(trials, left) if left else ()
    return Standing(
        objectives=left, front=front, nearest=None if front else nearest_of(trials), quarantined=quarantined
    )


def quarantined_boards(trials: Iterable[FinishedTrial]) -> tuple[str, ...]:
    """Return the boards that were left out because their rigs failed."""
    return tuple(sorted({board for trial in trials for board in trial.outcome.quarantined}))


def objectives_on(objectives: Iterable[Objective], quarantined: Sequence[str]) -> tuple[Objective, ...]:
    """Return the objectives that are left without some boards."""
    return tuple(objective for objective in objectives if objective.board not in quarantined)


def front_of(trials: Sequence[FinishedTrial], objectives: Sequence[Objective]) -> tuple[int, ...]:
    """Return the numbers of the trials on the Pareto front, each candidate once.

    Only complete trials count, all of whose values come from verified measurements. Raises UserError where values of
    one objective were obtained in different ways.
    """
    whole = [trial for trial in trials if is_ranked(trial.outcome, objectives)]
    first = [trial for trial in whole if trial.outcome.duplicate_of is None]
    require_one_how(trial.outcome for trial in first)
    points = [point_of(trial.outcome, objectives) for trial in first]
    return tuple(first[position].number for position in pareto_front(points))


def nearest_of(trials: Sequence[FinishedTrial]) -> int | None:
    """Return the number of the trial that breaks its limits least, or None where there is none.

    One that was measured goes before one that a gate has stopped: of that, accuracy is not known.
    """
    broken = {
        trial.number: (not trial.outcome.values, sum(reason.violation for reason in trial.outcome.reasons))
        for trial in trials
        if trial.outcome.status is Status.INFEASIBLE and breaks_only_limits(trial.outcome.reasons)
    }
    return min(broken, key=lambda number: (broken[number], number), default=None)


def values_of(outcome: TrialOutcome, objectives: Sequence[Objective]) -> tuple[float, ...]:
    """Return an outcome's values in the order of the objectives."""
    known = {value.objective: value.value for value in outcome.values}
    return tuple(known[objective.key] for objective in objectives)


def point_of(outcome: TrialOutcome, objectives: Sequence[Objective]) -> tuple[float, ...]:
    """Return an outcome's values in the order of the objectives, all so that less is better."""
    values = values_of(outcome, objectives)
    return tuple(objective.oriented(value) for value, objective in zip(values, objectives, strict=True))


def is_ranked(outcome: TrialOutcome, objectives: Sequence[Objective]) -> bool:
    """Say whether a trial keeps to all limits and has a value for each objective."""
    known = {value.objective for value in outcome.values}
    return outcome.status is Status.COMPLETE and all(objective.key in known for objective in objectives)


def require_one_how(outcomes: Iterable[TrialOutcome]) -> None:
    """Raise UserError where values of one objective were obtained in different ways: they must not be ranked."""
    seen: dict[str, How] = {}
    for value in (value for outcome in outcomes for value in outcome.values):
        before = seen.setdefault(value.objective, value.how)
        if before is not value.how:
            raise UserError(
                f"{value.objective} is {before.value} in one trial and {value.how.value} in another: "
                "such figures cannot be compared",
                hint="Begin a new study on the rig as it is now: --study NAME.",
            )
