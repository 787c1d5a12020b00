# SPDX-License-Identifier: Apache-2.0
"""The search: a driver proposes candidates, each is trained, compressed, measured, stored, and told to the driver."""

from harness.search.artifact import find_or_produce
from harness.search.figures import FIGURES, Direction
from harness.search.front import Standing, front_of, is_ranked, point_of, standing_of, values_of
from harness.search.known import finished_trial, limits_of, load_finished, objectives_of
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
    "find_or_produce",
    "finished_trial",
    "front_of",
    "is_ranked",
    "limits_of",
    "load_finished",
    "objectives_of",
    "parse_limits",
    "parse_objectives",
    "point_of",
    "run",
    "standing_of",
    "values_of",
]
