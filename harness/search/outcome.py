# SPDX-License-Identifier: Apache-2.0
"""How a trial ended: with values, infeasible by so much, or failed. Failures are data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from harness import errors
from harness.errors import (
    BadModel,
    BadTask,
    DoesNotFit,
    HarnessError,
    Inconclusive,
    LimitViolated,
    RigError,
    ToolError,
    UnsupportedModel,
)
from harness.records import SCHEMA, How, Parameters

# A model that cannot run at all lies further off than any that lacks bytes: no board here lacks a gigabyte.
UNSUPPORTED_VIOLATION = 2.0**30


class Status(StrEnum):
    """Whether a trial has values, breaks limits, was not trained to the end, or came to nothing."""

    COMPLETE = "complete"
    INFEASIBLE = "infeasible"
    STOPPED = "stopped"  # at a rung of its training
    FAILED = "failed"


class Remedy(StrEnum):
    """What a search does about a failure."""

    INFEASIBLE = "infeasible"  # tell the sampler by how much
    FAILED = "failed"  # go on with the next candidate
    RETRY = "retry"  # the rig's fault
    STOP = "stop"  # the request is wrong, or the harness is


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """An objective's value by its key, and how it was obtained."""

    objective: str
    value: float
    how: How


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a candidate came to nothing on a board (None: on the host).

    ``violation`` is a share of the bound where a limit is broken, else in bytes that are missing.
    """

    board: str | None
    kind: str
    stage: str
    message: str
    violation: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A gate before cost that looked at a candidate: whether it stopped it, the seconds it took and those it saved.

    ``saved_seconds`` is what the first trial took where the candidate or its model was known, else the median of the
    finished trials of its family (of all, where there is none); 0 where nothing was stopped or nothing is known yet.
    """

    name: str
    stopped: bool
    seconds: float
    saved_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialOutcome:
    """What the store keeps of a trial and the search is told.

    ``values`` are complete over the objectives of boards that are not ``quarantined``, each from a verified
    measurement; one that is infeasible has them where it does nothing but break limits. ``seconds`` are by stage; a
    stage that was looked up in the store is absent. ``gates`` are those that looked at the candidate, in order. Of one
    that was stopped, ``metrics`` are the scores at its rungs, and the reason says what it was stopped for.
    """

    status: Status
    parameters: Parameters
    values: tuple[Value, ...] = ()
    reasons: tuple[Reason, ...] = ()
    artifact: str | None = None
    metrics: tuple[tuple[str, float], ...] = ()
    seconds: tuple[tuple[str, float], ...] = ()
    duplicate_of: int | None = None
    gates: tuple[Gate, ...] = ()
    quarantined: tuple[str, ...] = ()  # boards left out from this trial on
    schema: int = SCHEMA


def error_class(kind: str) -> type[Exception]:
    """Return the class of a stored failure, so that the command ends with its exit code; a bug for an unknown kind."""
    found = getattr(errors, kind, None)
    return found if isinstance(found, type) and issubclass(found, HarnessError) else RuntimeError


def remedy_for(kind: str) -> Remedy:
    """Return what to do about a failure by its kind, the name of its class; an unknown kind stops the search."""
    found = error_class(kind)
    if not issubclass(found, HarnessError):
        return Remedy.STOP
    if found is LimitViolated or issubclass(found, (UnsupportedModel, DoesNotFit)):
        return Remedy.INFEASIBLE
    if issubclass(found, RigError):
        return Remedy.RETRY
    if issubclass(found, (ToolError, LimitViolated, Inconclusive, BadModel, BadTask)):
        return Remedy.FAILED
    return Remedy.STOP


def violation_of(kind: str, violation: float) -> float:
    """Return the size of a violation, greater than 0 for whatever makes a candidate infeasible."""
    if kind == DoesNotFit.__name__:
        return max(violation, 1.0)
    return max(violation, UNSUPPORTED_VIOLATION)


def infeasible(error: HarnessError, *, board: str | None, stage: str) -> Reason:
    """Return the reason that an error gives before anything was measured."""
    kind = type(error).__name__
    violation = violation_of(kind, 0.0)
    return Reason(board=board, kind=kind, stage=stage, message=error.message, violation=violation)


def breaks_only_limits(reasons: Iterable[Reason]) -> bool:
    """Say whether everything was measured, whatever limit it breaks."""
    return all(reason.kind == LimitViolated.__name__ for reason in reasons)


def status_of(reasons: Iterable[Reason]) -> Status:
    """Return the status that the reasons of all boards together give."""
    remedies = {remedy_for(reason.kind) for reason in reasons}
    if not remedies:
        return Status.COMPLETE
    return Status.INFEASIBLE if remedies == {Remedy.INFEASIBLE} else Status.FAILED
