# SPDX-License-Identifier: Apache-2.0
"""What was seen before: the same candidate, or another one that was trained into the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.records import Artifact, Parameters
from harness.search.outcome import Gate, TrialOutcome
from harness.search.request import FinishedTrial

CANDIDATE, MODEL = "candidate", "model"  # what these gates are called


def of_candidate(first: FinishedTrial) -> TrialOutcome:
    """Return the outcome of a trial whose candidate is that of an earlier one."""
    saved = sum(seconds for _, seconds in first.outcome.seconds)
    gate = Gate(name=CANDIDATE, stopped=True, seconds=0.0, saved_seconds=saved)
    return replace(first.outcome, duplicate_of=first.number, seconds=(), gates=(gate,))


def first_of_model(artifact: Artifact, boards: Sequence[str], earlier: Sequence[FinishedTrial]) -> FinishedTrial | None:
    """Return the first trial with the same model, measured on all of these boards, or None."""
    for trial in earlier:
        outcome = trial.outcome
        same = outcome.artifact == artifact.sha256 and outcome.values and outcome.duplicate_of is None
        if same and not outcome.quarantined and all(f"bench@{board}" in dict(outcome.seconds) for board in boards):
            return trial
    return None


def of_model(
    first: FinishedTrial,
    parameters: Parameters,
    artifact: Artifact,
    seconds: Sequence[tuple[str, float]],
    gates: Sequence[Gate],
) -> TrialOutcome:
    """Return the outcome of a trial whose model has the bytes of an earlier one's: what was measured is the same."""
    saved = sum(taken for stage, taken in first.outcome.seconds if stage.startswith("bench@"))
    gate = Gate(name=MODEL, stopped=True, seconds=0.0, saved_seconds=saved)
    return replace(
        first.outcome,
        parameters=parameters,
        metrics=artifact.metrics,
        duplicate_of=first.number,
        seconds=tuple(seconds),
        gates=(*gates, gate),
    )
