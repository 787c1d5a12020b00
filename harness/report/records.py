# SPDX-License-Identifier: Apache-2.0
"""The records of a store, each read once: they never change, so that a page made anew need not read them again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from harness.records import Artifact, Candidate
from harness.search import FinishedTrial, finished_trial
from harness.store import Record, Store, Trial

_Record = TypeVar("_Record", bound=Record)


class Records:
    """What was read of a store so far. Every function raises StoreError where the store cannot be read."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._known: dict[tuple[type[object], str], Record] = {}
        self._artifacts: dict[str, Artifact] = {}
        self._finished: dict[tuple[str, int], FinishedTrial] = {}

    def get(self, kind: type[_Record], key: str) -> _Record | None:
        """Return the record of a type with this identity, or None."""
        return self.get_many(kind, (key,)).get(key)

    def get_many(self, kind: type[_Record], keys: Iterable[str]) -> dict[str, _Record]:
        """Return those records of a type that are there, by their identities."""
        wanted = dict.fromkeys(keys)
        missing = [key for key in wanted if (kind, key) not in self._known]
        if missing:
            found = self.store.get_many(kind, missing)
            self._known |= {(kind, key): record for key, record in found.items()}
        known = ((key, self._known.get((kind, key))) for key in wanted)
        return {key: record for key, record in known if isinstance(record, kind)}

    def artifacts_of(self, candidate_keys: Iterable[str]) -> dict[str, Artifact]:
        """Return the artifacts of those candidates that were trained, by the candidates' keys."""
        wanted = dict.fromkeys(candidate_keys)
        missing = [key for key in wanted if key not in self._artifacts]
        if missing:
            self._artifacts |= self.store.artifacts_of(missing)
        return {key: self._artifacts[key] for key in wanted if key in self._artifacts}

    def finished(self, trials: Iterable[Trial]) -> tuple[FinishedTrial, ...]:
        """Return those of a study's trials that are finished, with their candidates and outcomes, by number."""
        ended = [trial for trial in trials if trial.state.ended]
        candidates = self.get_many(Candidate, (trial.candidate_key for trial in ended))
        for trial in ended:
            if (trial.study, trial.number) not in self._finished:
                self._finished[trial.study, trial.number] = finished_trial(trial, candidates)
        return tuple(self._finished[trial.study, trial.number] for trial in ended)
