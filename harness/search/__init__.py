# SPDX-License-Identifier: Apache-2.0
"""The search: a driver proposes candidates, each is trained, compressed, measured, stored, and told to the driver."""

from harness.search.figures import FIGURES, Direction
from harness.search.front import Standing, front_of, standing_of, values_of
from harness.search.known import load_finished, read_outcome
from harness.search.limits import Limit, parse_limits
from harness.search.objectives import Objective, default_objectives, parse_objectives
from harness.search.outcome import Reason, Status, TrialOutcome, Value
from harness.search.request import (
    Bench,
    Event,
    FinishedTrial,
    Listener,
    Moment,
    Producer,
    SearchRequest,
    SearchResult,
)
from harness.search.run import run

__all__ = [
    "FIGURES",
    "Bench",
    "Direction",
    "Event",
    "FinishedTrial",
    "Limit",
    "Listener",
    "Moment",
    "Objective",
    "Producer",
    "Reason",
    "SearchRequest",
    "SearchResult",
    "Standing",
    "Status",
    "TrialOutcome",
    "Value",
    "default_objectives",
    "front_of",
    "load_finished",
    "parse_limits",
    "parse_objectives",
    "read_outcome",
    "run",
    "standing_of",
    "values_of",
]
