# SPDX-License-Identifier: Apache-2.0
"""How a trial may end before it is trained to the end: at a gate, or at a rung of its training."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from harness.errors import HarnessError
from harness.records import Candidate, Failure, Measurement, Parameters
from harness.search import gates
from harness.search.clock import Clock
from harness.search.halving import Halving
from harness.search.limits import Limit
from harness.search.outcome import Gate, Remedy, Status, TrialOutcome, remedy_for, status_of
from harness.search.request import FinishedTrial, Moment
from harness.search.tools import Note, Tools, TrialEnd
from harness.store import Store
from harness.train import Bound, Halted, rung_metrics


def pass_gates(
    candidate: Candidate,
    names: Sequence[str],
    boards: Sequence[str],
    limits: Sequence[Limit],
    tools: Tools,
    earlier: Sequence[FinishedTrial],
    note: Note,
    clock: Clock,
) -> gates.Verdict:
    """Send a candidate through the gates of a study, the untrained model being made when one first needs it."""
    if tools.untrained is None or not names:
        return gates.Verdict()
    untrained, at_least = tools.untrained, tools.bound
    known = tools.store.artifact_of(candidate.key)  # trained in another study: it takes no conversion

    def bound() -> Bound | None:
        return None if known is not None or at_least is None else at_least(candidate)

    def convert() -> bytes:
        return untrained(candidate) if known is None else tools.store.get_blob(known.sha256).read_bytes()

    return gates.judge(
        candidate,
        names,
        boards,
        limits,
        bound=bound,
        convert=convert,
        measure=lambda model, board: measure_unfinished(model, board, tools, note, clock),
        earlier=earlier,
        watch=lambda stage: note(Moment.STAGE, stage=stage),
        now=clock.now,
    )


def stopped_end(candidate: Candidate, parameters: Parameters, verdict: gates.Verdict, store: Store) -> TrialEnd:
    """Return the end of a trial that a gate has stopped; its reasons are stored as failures, as those of any trial."""
    results = []
    for reason in verdict.reasons:
        failure = Failure(
            id=uuid.uuid4().hex,
            belongs_to=candidate.key,
            stage=reason.stage,
            kind=reason.kind,
            message=reason.message,
            violation=reason.violation,
            board=reason.board or "",
            time=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        store.put(failure)
        results.append(failure.id)
    outcome = TrialOutcome(
        status=status_of(verdict.reasons), parameters=parameters, reasons=verdict.reasons, gates=verdict.gates
    )
    return TrialEnd(outcome=outcome, results=tuple(results))


def measure_unfinished(model: bytes, board: str, tools: Tools, note: Note, clock: Clock) -> Measurement | None:
    """Measure a model that is not fully trained; None where that fails."""
    # Of no candidate: the store must not take it for what the candidate was trained into.
    try:
        outcome = tools.bench(model, None, board, watch=lambda stage: note(Moment.STAGE, stage=stage, board=board))
    except HarnessError as error:
        if remedy_for(type(error).__name__) is Remedy.STOP:
            raise
        return None
    clock.leave_out(outcome)
    return outcome.measurement


def halted_end(
    candidate: Candidate, parameters: Parameters, judged: Halving, halted: Halted, passed: Sequence[Gate]
) -> TrialEnd:
    """Return the end of a trial whose training was stopped at a rung."""
    assert judged.gate is not None
    assert judged.reason is not None
    saved = max(0.0, gates.typical_seconds(judged.earlier, candidate.family) - halted.seconds)
    outcome = TrialOutcome(
        status=Status.STOPPED,
        parameters=parameters,
        reasons=(judged.reason,),
        metrics=rung_metrics(judged.rungs),
        seconds=(("short_train", halted.seconds),),
        gates=(*passed, replace(judged.gate, saved_seconds=saved)),
    )
    return TrialEnd(outcome=outcome, results=())
