# SPDX-License-Identifier: Apache-2.0
"""What a final check will cost, from the times that the study itself took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from harness.finals.request import FinalsRequest
from harness.store import Store

_BENCH = "bench@"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What is left to do, and how many seconds that takes; None where the study tells no times."""

    finalists: int
    trainings: int
    benches: int
    seconds: float | None

    @property
    def nothing(self) -> bool:
        """Whether all is done already."""
        return not self.benches


def expected_cost(request: FinalsRequest, store: Store) -> Cost:
    """Return the cost of what a final check has not done yet.

    A training takes as long as those of the finalists took, else as those of the whole study, a bench likewise.
    """
    done = {(found["trial"], found["repeat"]) for found in store.finals(request.study)}
    own = sum((finalist.trial, 0) not in done for finalist in request.finalists)
    again = sum(
        (finalist.trial, repeat) not in done for finalist in request.finalists for repeat in range(1, request.seeds + 1)
    )
    chosen = {finalist.trial for finalist in request.finalists}
    times = [
        (trial.number in chosen, dict(trial.outcome.get("seconds", ())))
        for trial in store.trials(request.study)
        if trial.outcome is not None
    ]
    training = _mean([(good, _training(seconds)) for good, seconds in times])
    benches = [_mean([(good, _bench(seconds, board)) for good, seconds in times]) for board in request.boards]
    known = [each for each in benches if each is not None]
    seconds = None
    if training is not None and len(known) == len(benches):
        seconds = again * training + (own + again) * sum(known)
    models = own + again
    return Cost(
        finalists=len(request.finalists), trainings=again, benches=models * len(request.boards), seconds=seconds
    )


def _training(seconds: Mapping[str, float]) -> float | None:
    found = [value for stage, value in seconds.items() if not stage.startswith(_BENCH)]
    return sum(found) if "train" in seconds else None


def _bench(seconds: Mapping[str, float], board: str) -> float | None:
    return seconds.get(f"{_BENCH}{board}")


def _mean(times: Sequence[tuple[bool, float | None]]) -> float | None:
    """Return the mean of the finalists' times, where there are none of the study's."""
    chosen = [value for good, value in times if good and value is not None]
    found = chosen or [value for _, value in times if value is not None]
    return fmean(found) if found else None
