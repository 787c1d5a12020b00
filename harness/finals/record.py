# SPDX-License-Identifier: Apache-2.0
"""What the store keeps of a final check: one record for each model that was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.records import SCHEMA
from harness.search import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A task's score of a model over samples, by its name, with its 95 % interval where one could be found."""

    metric: str
    value: float
    low: float | None
    high: float | None
    interval: str  # "wilson", "bootstrap" or "none"
    samples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Streamed:
    """Test samples that went through the firmware on a board, every output equal to the reference's.

    ``score`` is the task's over these samples alone; ``measurement`` is the id of the session.
    """

    board: str
    samples: int
    score: float
    measurement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalFailure:
    """Why a model could not be made or checked; ``kind`` is the name of the error's class."""

    kind: str
    stage: str
    message: str
    board: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalModel:
    """One model of a final check: a trial's own (``repeat`` 0), or its candidate trained again from another seed.

    ``values`` are the figures of objectives and limits, the metric's on validation data. ``trials`` is how many
    trials the study had when it was last checked. Either both scores are set, or ``failure``; ``further`` are those of
    the task's other metrics on test data.
    """

    trial: int
    repeat: int
    seed: int
    candidate: str
    artifact: str | None = None
    metric: str
    values: tuple[Value, ...] = ()
    validation: Score | None = None
    test: Score | None = None
    further: tuple[Score, ...] = ()
    streamed: tuple[Streamed, ...] = ()
    failure: FinalFailure | None = None
    trials: int = 0
    seconds: float = 0.0
    schema: int = SCHEMA


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """Why a candidate does not survive the final check."""

    kind: Literal["failed", "promised", "lucky", "beaten", "limit"]
    message: str
