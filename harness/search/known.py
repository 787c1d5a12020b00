# SPDX-License-Identifier: Apache-2.0
"""What the store knows of a study: its finished trials, read back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from harness.errors import StoreError
from harness.records import Candidate, from_plain
from harness.search.limits import Limit
from harness.search.objectives import Objective
from harness.search.outcome import TrialOutcome
from harness.search.request import FinishedTrial
from harness.store import Store, Study, Trial

_Wanted = TypeVar("_Wanted", Objective, Limit)

_HINT = "Restore the store from a copy, or begin another study with --study NAME."


def load_finished(store: Store, study: str) -> tuple[FinishedTrial, ...]:
    """Return the finished trials of a study by number. Raises StoreError for one that cannot be read."""
    ended = [trial for trial in store.trials(study) if trial.state.ended]
    candidates = store.get_many(Candidate, (trial.candidate_key for trial in ended))
    return tuple(finished_trial(trial, candidates) for trial in ended)


def finished_trial(trial: Trial, candidates: Mapping[str, Candidate]) -> FinishedTrial:
    """Return a finished trial with its candidate, one of ``candidates`` by its key. Raises StoreError without it."""
    candidate = candidates.get(trial.candidate_key)
    if candidate is None:
        raise _missing(trial.study, trial.number)
    return FinishedTrial(number=trial.number, candidate=candidate, outcome=_outcome(trial))


def load_candidate(store: Store, study: str, number: int, key: str) -> Candidate:
    """Return the candidate of a trial. Raises StoreError where it is missing."""
    candidate = store.get(Candidate, key)
    if candidate is None:
        raise _missing(study, number)
    return candidate


def objectives_of(study: Study) -> tuple[Objective, ...]:
    """Return the objectives that a study was begun with. Raises StoreError where they cannot be read."""
    return _configured(study, "objectives", Objective)


def limits_of(study: Study) -> tuple[Limit, ...]:
    """Return the limits that a study was begun with. Raises StoreError where they cannot be read."""
    return _configured(study, "limits", Limit)


def _configured(study: Study, name: str, kind: type[_Wanted]) -> tuple[_Wanted, ...]:
    """Return what a study's configuration has under a name, as ``SearchRequest.config`` writes it."""
    plain: Any = study.config.get(name)
    try:
        return tuple(from_plain(kind, each) for each in plain or ())
    except (ValueError, TypeError) as error:
        raise StoreError(f"the {name} of the study {study.name!r} cannot be read: {error}") from error


def _missing(study: str, number: int) -> StoreError:
    return StoreError(f"the candidate of trial {number} of the study {study!r} is missing", hint=_HINT)


def _outcome(trial: Trial) -> TrialOutcome:
    try:
        return from_plain(TrialOutcome, trial.outcome)
    except ValueError as error:
        message = f"the outcome of trial {trial.number} of the study {trial.study!r} cannot be read: {error}"
        raise StoreError(message, hint=_HINT) from error
