# SPDX-License-Identifier: Apache-2.0
"""What the store knows of a study as a search: objectives, limits, finished trials, the front over all boards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.report.records import Records
from harness.search import FinishedTrial, Limit, Objective, limits_of, objectives_of, standing_of
from harness.store import Study, Trial, TrialState


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFacts:
    """A study as ``harness run`` ends it: ``front`` holds the numbers of the trials that it prints.

    ``objectives`` are those left without quarantined boards. Where the front is empty, ``nearest`` is the trial that
    breaks the limits least. ``under_way`` holds numbers of trials.
    """

    objectives: tuple[Objective, ...]
    limits: tuple[Limit, ...]
    finished: tuple[FinishedTrial, ...]
    front: frozenset[int]
    nearest: int | None
    quarantined: tuple[str, ...]
    under_way: tuple[int, ...]


def study_facts(records: Records, study: Study, trials: Sequence[Trial]) -> StudyFacts:
    """Gather them. Raises StoreError where objectives, limits or a trial cannot be read."""
    finished = records.finished(trials)
    standing = standing_of(finished, objectives_of(study))
    return StudyFacts(
        objectives=standing.objectives,
        limits=limits_of(study),
        finished=finished,
        front=frozenset(standing.front),
        nearest=standing.nearest,
        quarantined=standing.quarantined,
        under_way=tuple(trial.number for trial in trials if trial.state is TrialState.RUNNING),
    )
