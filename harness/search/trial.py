# SPDX-License-Identifier: Apache-2.0
"""One trial: a candidate's artifact, found or made, on every board, and what the search is told of it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial

from harness.errors import HarnessError
from harness.records import Artifact, BenchOutcome, Candidate, Failure, Measurement, Parameters
from harness.search import gates
from harness.search.artifact import find_or_produce
from harness.search.clock import Clock
from harness.search.early import halted_end, measure_unfinished, pass_gates, stopped_end
from harness.search.figures import figure_of
from harness.search.halving import Halving
from harness.search.limits import Limit, broken
from harness.search.objectives import Objective
from harness.search.outcome import (
    Gate,
    Reason,
    Remedy,
    TrialOutcome,
    Value,
    breaks_only_limits,
    error_class,
    remedy_for,
    status_of,
    violation_of,
)
from harness.search.request import FinishedTrial, Moment
from harness.search.tools import Note, Tools, TrialEnd
from harness.store import Store
from harness.train import Halted


@dataclass(slots=True, kw_only=True)
class _Notes:
    """What a trial has found so far."""

    results: list[str]  # ids of measurements and failures
    clock: Clock = field(default_factory=Clock)
    seconds: dict[str, float] = field(default_factory=dict)
    reasons: list[Reason] = field(default_factory=list)
    measurements: dict[str, Measurement] = field(default_factory=dict)
    quarantined: list[str] = field(default_factory=list)
    gates: tuple[Gate, ...] = ()


def run_trial(
    candidate: Candidate,
    parameters: Parameters,
    boards: Sequence[str],
    objectives: Sequence[Objective],
    limits: Sequence[Limit],
    tools: Tools,
    note: Note,
    results: list[str],
    *,
    gate_names: Sequence[str] = (),
    halving: bool = False,
    earlier: Sequence[FinishedTrial] = (),
) -> TrialEnd:
    """Train a candidate, or find its artifact in the store, and bench it on each board.

    Before that it goes through the gates; one of them may stop it, and so may ``halving`` at a rung of its training. A
    model with the bytes of one that an ``earlier`` trial has measured is not measured again.
    A board whose rig fails twice is left out and named in ``quarantined``; the failure's RigError is raised where no
    board is left. The ids of measurements and failures are added to ``results`` as they are stored.
    Raises what stops a search: a request that is wrong, and bugs.
    """
    notes = _Notes(results=results)
    artifact = None
    verdict = pass_gates(candidate, gate_names, boards, limits, tools, earlier, note, notes.clock)
    notes.gates = verdict.gates
    if verdict.reasons:
        return stopped_end(candidate, parameters, verdict, tools.store)
    judged = Halving(
        candidate=candidate,
        objectives=[objective for objective in objectives if objective.board in (None, *boards)],
        earlier=earlier,
        measure=lambda model, board: measure_unfinished(model, board, tools, note, notes.clock),
        now=notes.clock.now,
    )
    produce = tools.produce
    if halving and tools.produce_in_rungs is not None:
        produce = partial(tools.produce_in_rungs, judge=judged.judge)
    try:
        trained = find_or_produce(candidate, tools.store, produce, lambda stage: note(Moment.STAGE, stage=stage))
    except Halted as halted:
        return halted_end(candidate, parameters, judged, halted, notes.gates)
    except HarnessError as error:
        if remedy_for(type(error).__name__) not in (Remedy.INFEASIBLE, Remedy.FAILED):
            raise
        _note_failure(_failure(candidate.key, error, tools.store), None, notes, tools.store)
    else:
        artifact = trained.artifact
        notes.gates += (judged.gate,) if judged.gate else ()
        notes.seconds.update(trained.seconds)
        if first := gates.first_of_model(artifact, boards, earlier):
            seconds = tuple(notes.seconds.items())
            return TrialEnd(outcome=gates.of_model(first, parameters, artifact, seconds, notes.gates), results=())
        for board in boards:
            _bench(trained.model, candidate, board, tools, notes, note)
    left = [board for board in boards if board not in notes.quarantined]
    if not left:
        raise _no_board_left(notes.reasons[-1])
    here = (None, *left)
    if artifact is not None and not any(reason.board in here for reason in notes.reasons):
        notes.reasons += _broken([limit for limit in limits if limit.board in here], artifact, notes.measurements)
    wanted = [objective for objective in objectives if objective.board in here]
    return TrialEnd(outcome=_judge(parameters, artifact, wanted, notes), results=tuple(notes.results))


def _bench(model: bytes, candidate: Candidate, board: str, tools: Tools, notes: _Notes, note: Note) -> None:
    """Bench a model on a board, once more after a rig's fault; a second one quarantines the board."""
    for attempt in (1, 2):
        begin = notes.clock.now()
        outcome = _call_bench(model, candidate, board, tools, note)
        notes.clock.leave_out(outcome)
        notes.seconds[f"bench@{board}"] = notes.seconds.get(f"bench@{board}", 0.0) + notes.clock.now() - begin
        tools.store.put_outcome(outcome)
        if outcome.measurement is not None:
            _note_measurement(outcome.measurement, board, notes)
            return
        assert outcome.failure is not None
        failure = outcome.failure
        if remedy_for(failure.kind) is not Remedy.RETRY:
            _note_failure(failure, board, notes, tools.store)
            return
        notes.results.append(failure.id)
        moment = Moment.RETRY if attempt == 1 else Moment.QUARANTINE
        note(moment, stage=failure.stage, board=board, message=failure.message)
    notes.quarantined.append(board)
    notes.reasons.append(Reason(board=board, kind=failure.kind, stage=failure.stage, message=failure.message))


def _call_bench(model: bytes, candidate: Candidate, board: str, tools: Tools, note: Note) -> BenchOutcome:
    def watch(stage: str) -> None:
        note(Moment.STAGE, stage=stage, board=board)

    watch("bench")
    try:
        outcome = tools.bench(model, candidate, board, watch=watch)
    except HarnessError as error:
        if remedy_for(type(error).__name__) is Remedy.STOP:
            raise
        failure = replace(_failure(candidate.key, error, tools.store), board=board)
        return BenchOutcome(model=candidate.key, board=board, runtime="", failure=failure, exit_code=error.exit_code)
    if outcome.failure is not None and remedy_for(outcome.failure.kind) is Remedy.STOP:
        failure = outcome.failure
        raise error_class(failure.kind)(f"{board}: {failure.stage}: {failure.message}")
    return outcome


def _no_board_left(last: Reason) -> Exception:
    message = f"no board is left to search on: {last.board}: {last.stage}: {last.message}"
    error = error_class(last.kind)(message)
    if isinstance(error, HarnessError):
        error.hint = "Mend the rig, then go on with --resume: the trial under way is taken up again."
    return error


def _note_measurement(measurement: Measurement, board: str, notes: _Notes) -> None:
    notes.results.append(measurement.id)
    if measurement.verification.verified:
        notes.measurements[board] = measurement
        return
    message = "the device's output differs from the golden output: the figures are not ranked"
    notes.reasons.append(Reason(board=board, kind="WrongAnswer", stage="verify", message=message))


def _note_failure(failure: Failure, board: str | None, notes: _Notes, store: Store) -> None:
    store.put(failure)
    notes.results.append(failure.id)
    infeasible = remedy_for(failure.kind) is Remedy.INFEASIBLE
    notes.reasons.append(
        Reason(
            board=board,
            kind=failure.kind,
            stage=failure.stage,
            message=failure.message,
            violation=violation_of(failure.kind, failure.violation) if infeasible else 0.0,
        )
    )


def _failure(belongs_to: str, error: HarnessError, store: Store) -> Failure:
    return Failure(
        id=uuid.uuid4().hex,
        belongs_to=belongs_to,
        stage=error.stage or "train",
        kind=type(error).__name__,
        message=str(error),
        log_sha256=store.put_blob(error.log.encode()) if error.log else None,
        violation=float(getattr(error, "missing_bytes", 0.0)),
        time=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _judge(
    parameters: Parameters, artifact: Artifact | None, objectives: Sequence[Objective], notes: _Notes
) -> TrialOutcome:
    reasons = tuple(notes.reasons)
    outcome = TrialOutcome(
        status=status_of(reason for reason in reasons if reason.board not in notes.quarantined),
        parameters=parameters,
        reasons=reasons,
        artifact=artifact.sha256 if artifact else None,
        metrics=artifact.metrics if artifact else (),
        seconds=tuple(notes.seconds.items()),
        quarantined=tuple(notes.quarantined),
        gates=notes.gates,
    )
    counting = [reason for reason in reasons if reason.board not in notes.quarantined]
    if artifact is None or not breaks_only_limits(counting):
        return outcome
    return replace(outcome, values=_values(artifact, objectives, notes.measurements))


def _broken(limits: Sequence[Limit], artifact: Artifact, measurements: Mapping[str, Measurement]) -> list[Reason]:
    """Return a reason for each limit that a measured candidate breaks, the worst first."""
    reasons = []
    for limit in limits:
        value = figure_of(limit, artifact, measurements).value
        if limit.violation(value) > 0:
            reasons.append(broken(limit, value, limit.text(value), stage="limits"))
    return sorted(reasons, key=lambda reason: -reason.violation)


def _values(
    artifact: Artifact, objectives: Sequence[Objective], measurements: Mapping[str, Measurement]
) -> tuple[Value, ...]:
    figures = {objective.key: figure_of(objective, artifact, measurements) for objective in objectives}
    return tuple(Value(objective=key, value=figure.value, how=figure.how) for key, figure in figures.items())
