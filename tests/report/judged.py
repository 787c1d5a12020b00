# SPDX-License-Identifier: Apache-2.0
"""Ends a made-up trial as a search would have: outcome, values, limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.records import (
    Artifact,
    Candidate,
    Deployment,
    Failure,
    Measurement,
    Parameters,
    from_plain,
    to_plain,
)
from harness.search import Limit, Objective, Reason, Status, TrialOutcome, Value
from harness.search.figures import figure_of
from harness.search.outcome import status_of
from harness.store import Store, TrialState
from tests.store.examples import RUNNER


def end_trial(
    store: Store,
    name: str,
    number: int,
    candidate: Candidate,
    artifact: Artifact | None,
    records: Sequence[Measurement | Failure],
    config: Mapping[str, Any],
) -> None:
    """Store how a trial ended, as a search would have judged it."""
    store.put(*records)
    reasons = [
        Reason(board=r.board or None, kind=r.kind, stage=r.stage, message=r.message, violation=r.violation)
        for r in records
        if isinstance(r, Failure)
    ]
    measured = {_board_of(store, r): r for r in records if isinstance(r, Measurement)}
    reasons += [
        Reason(board=board, kind="WrongAnswer", stage="verify", message="the output differs")
        for board, found in measured.items()
        if not found.verification.verified
    ]
    values: tuple[Value, ...] = ()
    if artifact is not None and not reasons:
        wanted = [from_plain(Objective, each) for each in config["objectives"]]
        figures = {each.key: figure_of(each, artifact, measured) for each in wanted}
        values = tuple(Value(objective=key, value=found.value, how=found.how) for key, found in figures.items())
        for limit in (from_plain(Limit, each) for each in config["limits"]):
            broken = limit.violation(figure_of(limit, artifact, measured).value)
            message = f"{limit.key} shall be {limit.sense} {limit.bound:g}"
            if broken:
                reasons.append(
                    Reason(board=limit.board, kind="LimitViolated", stage="limits", message=message, violation=broken)
                )
    outcome = TrialOutcome(
        status=status_of(reasons),
        parameters=_proposed(candidate),
        values=values,
        reasons=tuple(reasons),
        artifact=artifact.sha256 if artifact else None,
        metrics=artifact.metrics if artifact else (),
        seconds=(("train", 4.0 + number % 7), *((f"bench@{board}", 1.5) for board in measured)),
    )
    state = TrialState.COMPLETE if outcome.status is Status.COMPLETE else TrialState.FAILED
    store.finish_trial(name, number, state, to_plain(outcome), results=[record.id for record in records], runner=RUNNER)


def _board_of(store: Store, measurement: Measurement) -> str:
    deployment = store.get(Deployment, measurement.deployment_key)
    assert deployment is not None
    return deployment.board


def _proposed(candidate: Candidate) -> Parameters:
    """Return the parameters as a driver would have named them."""
    steps = {step.name: step for step in candidate.compression}
    pruning = next((name for name in steps if name.endswith("pruning")), "none")
    network = {f"{candidate.family}.{name}": value for name, value in candidate.parameters}
    inside = {f"{s.name}.{name}": value for s in candidate.compression for name, value in s.parameters}
    chosen = {"family": candidate.family, "pruning": pruning, "types": "int8" if "int8" in steps else "none"}
    return tuple(sorted({**chosen, **network, **inside}.items()))
