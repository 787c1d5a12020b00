# SPDX-License-Identifier: Apache-2.0
"""What the store knows of a study: its finished trials, read back."""

from __future__ import annotations

from harness.errors import StoreError
from harness.records import Candidate, from_plain
from harness.search.outcome import TrialOutcome
from harness.search.request import FinishedTrial
from harness.store import Store, Trial, TrialState

_ENDED = (TrialState.COMPLETE, TrialState.FAILED)
_HINT = "Restore the store from a copy, or begin another study with --study NAME."


def load_finished(store: Store, study: str) -> tuple[FinishedTrial, ...]:
    """Return the finished trials of a study by number. Raises StoreError for one that cannot be read."""
    return tuple(
        FinishedTrial(
            number=trial.number,
            candidate=load_candidate(store, study, trial.number, trial.candidate_key),
            outcome=read_outcome(trial),
        )
        for trial in store.trials(study)
        if trial.state in _ENDED
    )


def load_candidate(store: Store, study: str, number: int, key: str) -> Candidate:
    """Return the candidate of a trial. Raises StoreError where it is missing."""
    candidate = store.get(Candidate, key)
    if candidate is None:
        raise StoreError(f"the candidate of trial {number} of the study {study!r} is missing", hint=_HINT)
    return candidate


def read_outcome(trial: Trial) -> TrialOutcome:
    """Return the outcome of a finished trial. Raises StoreError where it cannot be read."""
    try:
        return from_plain(TrialOutcome, trial.outcome)
    except ValueError as error:
        message = f"the outcome of trial {trial.number} of the study {trial.study!r} cannot be read: {error}"
        raise StoreError(message, hint=_HINT) from error
