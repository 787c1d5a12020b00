# SPDX-License-Identifier: Apache-2.0
"""Training in processes of its own, several at once: what a candidate does to its process is told as its failure."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import harness
from harness.errors import BadTask, HarnessError, StoreError, ToolError, UserError
from harness.records import Candidate
from harness.tasks import LoadedTask
from harness.train.bound import Bound
from harness.train.produce import Trained
from harness.train.rungs import Halted, Judge
from harness.workers import Answer, CallFailed, Closed, Ending, Limits, Pool, SetUpFailed

_SETUP = "harness.train._work:open_work"
_GIB = 1 << 30
_SECONDS = 3_600.0
_NEEDED_BYTES = _GIB  # TensorFlow at rest takes 0.6 GB
_PACKAGE = Path(harness.__file__).parent
_HINT = "The trace is in the log. docs/tasks.md says what a task must keep to."
_FULL = f"[Errno {errno.ENOSPC}]"

__all__ = ["Closed", "Limits", "Trainers", "default_jobs", "default_limits"]


class Trainers:
    """Up to ``jobs`` processes that train candidates of one task; ``key`` is the task's. A context manager.

    ``produce`` may be called from several threads.
    """

    def __init__(self, task: LoadedTask, key: str, *, jobs: int, limits: Limits, setup: str = _SETUP) -> None:
        if limits.memory_bytes < _NEEDED_BYTES:
            raise UserError(
                f"a training needs at least {_NEEDED_BYTES:,} bytes of memory, {limits.memory_bytes:,} are given",
                hint="Raise --train-memory.",
            )
        self._task = task.name
        self._limits = limits
        self._pool = Pool(setup, (task.name, task.given, key), size=jobs, limits=limits)

    def __enter__(self) -> Trainers:
        self._pool.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._pool.close()

    def produce(self, candidate: Candidate, *, watch: Callable[[str], None] = lambda _stage: None) -> Trained:
        """Produce a candidate, the same bytes in any process.

        Raises BadTask, with the trace, where the task raises, takes too long or too much memory for this candidate;
        ToolError where its process dies twice; UserError where the task cannot be loaded at all; StoreError where the
        disk is full; Closed where the trainers were closed meanwhile; what ``harness.train.produce`` raises; and a
        RuntimeError for a bug of ours.
        """
        trained: Trained = self._call("produce", candidate, watch=watch)
        return trained

    def produce_in_rungs(
        self, candidate: Candidate, *, watch: Callable[[str], None] = lambda _stage: None, judge: Judge
    ) -> Trained:
        """Produce a candidate as ``produce`` does, but ask ``judge`` at each rung whether its training goes on.

        The process keeps the training meanwhile; what judging takes is not counted as its time. Raises Halted where it
        was stopped, what ``judge`` raises, and as ``produce``.
        """
        made: Trained | Halted = self._call("produce in rungs", candidate, watch=watch, answer=judge)
        if isinstance(made, Halted):
            raise made
        return made

    def untrained(self, candidate: Candidate) -> bytes:
        """Return the model of a candidate that was built and converted, but never trained. Raises as ``produce``."""
        model: bytes = self._call("untrained", candidate, watch=lambda _stage: None)
        return model

    def bound(self, candidate: Candidate) -> Bound | None:
        """Return what a candidate's untrained model needs at least, or None. Raises as ``produce``."""
        found: Bound | None = self._call("bound", candidate, watch=lambda _stage: None)
        return found

    def check_networks(self) -> None:
        """Raise BadTask where a family does not build a network for the data, or a loss or score fails on it."""
        self._call("check", watch=lambda _stage: None)

    def _call(self, *arguments: Any, watch: Callable[[str], None], answer: Answer | None = None) -> Any:
        try:
            return self._pool.call(*arguments, watch=watch, answer=answer)
        except SetUpFailed as failed:
            raise self._cannot_load(failed.cause) from failed
        except CallFailed as failed:
            raise self._error(failed) from failed

    def _cannot_load(self, cause: HarnessError | CallFailed) -> Exception:
        """Return an error that is not the candidate's, so that it ends the study."""
        message = f"the process that trains cannot load the task {self._task!r}: {cause.message}"
        if isinstance(cause, HarnessError):
            return UserError(message, hint=cause.hint, log=cause.log)
        hint = "Raise --train-memory." if cause.ending is Ending.MEMORY else ""
        return UserError(message, hint=hint, log=cause.trace)

    def _error(self, failed: CallFailed) -> Exception:
        what = f"the task {self._task!r} failed: "
        match failed.ending:
            case Ending.LATE:
                hint = "Give it more by --train-timeout, or narrow the space of its networks."
                return BadTask(what + failed.message, hint=hint, log=failed.trace)
            case Ending.MEMORY:
                message = f"{what}it needs more than {self._limits.memory_bytes / _GIB:.3g} GiB of memory"
                hint = "Give it more by --train-memory, or narrow the space of its networks."
                return BadTask(message, hint=hint, log=failed.trace)
            case Ending.DIED:
                return ToolError(f"the task {self._task!r} failed twice: {failed.message}", log=failed.trace)
            case Ending.RAISED:
                return self._raised(failed, what)

    def _raised(self, failed: CallFailed, what: str) -> Exception:
        if _FULL in failed.message:
            return StoreError(f"the disk is full: {failed.message}", hint="Free some space, then go on with --resume.")
        if _is_ours(failed.files):
            return RuntimeError(f"{failed.message}, in a process that trains\n{failed.trace}")
        return BadTask(what + failed.message, hint=_HINT, log=failed.trace)


def _is_ours(files: tuple[str, ...]) -> bool:
    """Say whether an error comes from our own code: its innermost frame does, and is no task of the package."""
    innermost = Path(files[-1]) if files else Path()
    is_task = innermost.parent == _PACKAGE / "tasks" and not innermost.name.startswith("_")
    return innermost.is_relative_to(_PACKAGE) and not is_task


def default_jobs() -> int:
    """Return how many trials to work on at once here: one a core and 3 GiB of memory, four at most.

    Each is proposed without what the others under way will teach.
    """
    return max(1, min(4, len(os.sched_getaffinity(0)), _machine_bytes() // (3 * _GIB)))


def default_limits(jobs: int, *, seconds: float | None = None, memory_bytes: int | None = None) -> Limits:
    """Return the limits of one training: an hour, and its share of three quarters of the machine's memory."""
    share = max(_NEEDED_BYTES, 3 * _machine_bytes() // (4 * jobs))
    return Limits(seconds=seconds or _SECONDS, memory_bytes=memory_bytes or share)


def _machine_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
