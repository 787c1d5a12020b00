# SPDX-License-Identifier: Apache-2.0
"""What is asked of a final check, what it calls, and what it says meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

from harness.finals.record import FinalModel
from harness.records import BenchOutcome, Candidate
from harness.search import FinishedTrial, Limit, Objective, SearchRequest, SearchResult
from harness.search.request import Watch
from harness.tasks import Floats, LoadedTask

STREAMED_SAMPLES = 100  # of the test data, through the firmware


class Measure(Protocol):
    """Measures a model on a board, verified with ``samples`` besides the standard inputs."""

    def __call__(
        self, model: bytes, candidate: Candidate, board: str, *, samples: Floats, watch: Watch
    ) -> BenchOutcome: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Finalist:
    """A candidate of the front: its trial, and the model that the search measured, by SHA-256."""

    trial: int
    candidate: Candidate
    artifact: str

    def reseeded(self, repeat: int) -> Candidate:
        """Return the candidate as it is trained for a repeat: from the seed that many after the study's."""
        return replace(self.candidate, seed=self.candidate.seed + repeat)


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalsRequest:
    """Whom to check and how far: each finalist's own model, and ``seeds`` more trainings of each.

    ``trials`` is how many trials the study has now; ``objectives`` and ``limits`` are those on boards that are left.
    """

    study: str
    task: LoadedTask
    finalists: tuple[Finalist, ...]
    seeds: int
    boards: tuple[str, ...]
    objectives: tuple[Objective, ...]
    limits: tuple[Limit, ...]
    trials: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalsEvent:
    """For a progress display: ``done`` of ``models`` are finished; one is under way, or ``found`` (``new``: now)."""

    done: int
    models: int
    trial: int
    repeat: int
    stage: str = ""
    found: FinalModel | None = None
    new: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """For a progress display: another process is at the check; ``message`` says which."""

    message: str


Listener: TypeAlias = Callable[[FinalsEvent], None]


def finals_request(search: SearchRequest, found: SearchResult, *, final: int, seeds: int) -> FinalsRequest:
    """Return the final check of ``final`` candidates of a study's front, each trained again from ``seeds`` seeds."""
    boards = tuple(board for board in search.boards if board not in found.quarantined)
    here = (None, *boards)
    objectives = tuple(each for each in search.objectives if each.board in here)
    return FinalsRequest(
        study=search.study,
        task=search.task,
        finalists=_finalists(found, objectives, final),
        seeds=seeds,
        boards=boards,
        objectives=objectives,
        limits=tuple(each for each in search.limits if each.board in here),
        trials=len(found.trials),
    )


def _finalists(found: SearchResult, objectives: Sequence[Objective], most: int) -> tuple[Finalist, ...]:
    """Return the best of the front in each objective, in the order of the objectives, then the rest by the first."""
    left = [trial for trial in found.trials if trial.number in found.front and trial.outcome.artifact is not None]
    chosen: list[FinishedTrial] = []
    for objective in objectives:
        rest = [trial for trial in left if trial not in chosen]
        chosen += sorted(rest, key=lambda trial: _merit(trial, objective))[:1]
    chosen += sorted((trial for trial in left if trial not in chosen), key=lambda t: _merit(t, objectives[0]))
    return tuple(
        Finalist(trial=trial.number, candidate=trial.candidate, artifact=trial.outcome.artifact or "")
        for trial in chosen[:most]
    )


def _merit(trial: FinishedTrial, objective: Objective) -> tuple[float, int]:
    """Return what a trial is sorted by, the better first, the earlier where they are equal."""
    value = next(each.value for each in trial.outcome.values if each.objective == objective.key)
    return objective.oriented(value), trial.number
