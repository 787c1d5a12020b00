# SPDX-License-Identifier: Apache-2.0
"""The final check: what the best candidates of a study score on test data that no search has seen, and over seeds."""

from harness.finals.cost import Cost, expected_cost
from harness.finals.judge import LEAST_SEEDS, Finals, JudgedCandidate, load_finals
from harness.finals.owner import claim_final_check
from harness.finals.record import FinalFailure, FinalModel, Flag, Score, Streamed
from harness.finals.request import (
    STREAMED_SAMPLES,
    FinalsEvent,
    FinalsRequest,
    Measure,
    Waiting,
    finals_request,
)
from harness.finals.run import run_finals

__all__ = [
    "LEAST_SEEDS",
    "STREAMED_SAMPLES",
    "Cost",
    "FinalFailure",
    "FinalModel",
    "Finals",
    "FinalsEvent",
    "FinalsRequest",
    "Flag",
    "JudgedCandidate",
    "Measure",
    "Score",
    "Streamed",
    "Waiting",
    "claim_final_check",
    "expected_cost",
    "finals_request",
    "load_finals",
    "run_finals",
]
