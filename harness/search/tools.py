# SPDX-License-Identifier: Apache-2.0
"""What a trial calls, what it says meanwhile, and what it comes to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.records import Candidate
from harness.search.outcome import TrialOutcome
from harness.search.request import Bench, Producer, ProducerInRungs, Untrained
from harness.store import Store
from harness.train import Bound

Note = Callable[..., None]  # (moment, stage=, board=, message=): passes an event on


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What a trial calls."""

    store: Store
    produce: Producer
    bench: Bench
    bound: Callable[[Candidate], Bound | None] | None = None  # without it, a gate needs the conversion
    untrained: Untrained | None = None  # without it, no gate looks at a candidate before its training
    produce_in_rungs: ProducerInRungs | None = None  # without it, no training is stopped


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialEnd:
    """A trial's outcome, and the ids of the measurements and failures that it led to."""

    outcome: TrialOutcome
    results: tuple[str, ...]
