# SPDX-License-Identifier: Apache-2.0
"""What is asked of a search, what it calls, and what it says meanwhile and at its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, Protocol, TypeAlias

from harness.errors import UserError
from harness.records import SCHEMA, BenchOutcome, Candidate, Parameters, to_plain
from harness.search import samplers
from harness.search.limits import Limit
from harness.search.objectives import Objective
from harness.search.outcome import TrialOutcome
from harness.tasks import LoadedTask
from harness.train import Judge, Trained

REAL_SAMPLES = 4  # of the task, that every candidate is verified with besides the standard inputs

Watch: TypeAlias = Callable[[str], None]  # told the name of each stage as it begins


class Producer(Protocol):
    """Trains, compresses and converts a candidate; raises HarnessError where that fails."""

    def __call__(self, candidate: Candidate, *, watch: Watch) -> Trained: ...


class ProducerInRungs(Protocol):
    """Produces a candidate, and asks at each rung of its training whether to go on; raises Halted where not."""

    def __call__(self, candidate: Candidate, *, watch: Watch, judge: Judge) -> Trained: ...


class Untrained(Protocol):
    """Builds, compresses and converts a candidate without training it; raises HarnessError where that fails."""

    def __call__(self, candidate: Candidate) -> bytes: ...


class Bench(Protocol):
    """Measures a model on a board. A failure is in the outcome, or raised as HarnessError; a bug is raised.

    ``candidate`` is whose model it is; None for one that was not trained.
    """

    def __call__(self, model: bytes, candidate: Candidate | None, board: str, *, watch: Watch) -> BenchOutcome: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """A study and how far to take it.

    ``trials`` is the number of trials that the study shall have in the end, resumed or not; ``timeout_seconds`` is for
    this run, and no trial is begun after it; ``jobs`` is how many are under way at once. ``options`` are further
    settings of the bench that results depend on; ``gates`` look at a candidate before it is trained, and ``halving``
    while it is, where the study is new: one that is resumed keeps its own.
    """

    study: str
    task: LoadedTask
    task_key: str
    boards: tuple[str, ...]
    objectives: tuple[Objective, ...]
    limits: tuple[Limit, ...] = ()
    techniques: tuple[str, ...]
    driver: str = "optuna"
    sampler: str = samplers.DEFAULT
    seed: int = 0
    options: Parameters = ()
    gates: tuple[str, ...] = ()
    halving: bool = False
    trials: int | None = None
    timeout_seconds: float | None = None
    jobs: int = 1
    resume: bool = False

    def config(self) -> dict[str, Any]:
        """Return what must be the same when the study is resumed, as plain JSON.

        ``task`` and ``model`` are for people: what is in these files counts by ``task_key``, not what they are called.
        """
        return {
            "schema": SCHEMA,
            "task": self.task.name,
            **({"model": self.task.given.path} if self.task.given else {}),
            "task_key": self.task_key,
            "boards": list(self.boards),
            "objectives": to_plain(self.objectives),
            "limits": to_plain(self.limits),
            "techniques": sorted(self.techniques),
            "driver": self.driver,
            "seed": self.seed,
            "options": dict(self.options),
            # A study by the default sampler, and one without gates or halving, is resumed as ever.
            **({} if self.sampler == samplers.DEFAULT else {"sampler": self.sampler}),
            **({"gates": list(self.gates)} if self.gates else {}),
            **({"halving": True} if self.halving else {}),
        }

    def check(self) -> None:
        """Raise UserError for a request that makes no sense."""
        if self.trials is None and self.timeout_seconds is None:
            raise UserError("a search needs an end", hint="Give --trials, --timeout, or both.")
        if any(limit is not None and limit <= 0 for limit in (self.trials, self.timeout_seconds)):
            raise UserError("the number of trials and the timeout must be greater than 0")
        if self.jobs < 1:
            raise UserError("at least one trial is worked on at once", hint="Give --jobs 1 or more.")
        if not self.boards:
            raise UserError("a search needs a board to measure on", hint="Name one by --board.")
        if len(set(self.boards)) < len(self.boards):
            raise UserError(f"a board is named twice: {', '.join(self.boards)}")
        idle = [board for board in self.boards if all(each.board != board for each in self.objectives)]
        if idle:
            raise UserError(f"no objective needs {', '.join(idle)}", hint="Leave the board out, or add an objective.")


class Moment(StrEnum):
    """What an event tells."""

    BEGIN = "begin"  # a trial begins, or begins again
    STAGE = "stage"
    RETRY = "retry"  # a rig's fault; the board is tried once more
    QUARANTINE = "quarantine"
    END = "end"  # a trial is stored
    LAST = "last"  # no trial is begun after those under way, of which this is one
    WAIT = "wait"  # nothing to do but wait for trials of other processes, of which this is one; ``message`` says so
    LOST = "lost"  # another process has taken the trial up: this one was not heard of for too long


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """For a progress display: what happens in which trial; ``done`` of ``trials`` are finished."""

    moment: Moment
    number: int
    done: int
    trials: int | None
    candidate: Candidate
    stage: str = ""
    board: str | None = None
    message: str = ""
    outcome: TrialOutcome | None = None


Listener: TypeAlias = Callable[[Event], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedTrial:
    """A trial of the store whose outcome is known."""

    number: int
    candidate: Candidate
    outcome: TrialOutcome


Ended: TypeAlias = Literal["trials", "timeout", "interrupted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """A study as it stands at the end of a run.

    ``front`` holds numbers of trials, verified ones alone. Where it is empty, ``nearest`` is the trial that breaks the
    limits least, if one was measured.
    """

    study: str
    ended: Ended
    trials: tuple[FinishedTrial, ...]
    front: tuple[int, ...]
    nearest: int | None = None
    quarantined: tuple[str, ...]
