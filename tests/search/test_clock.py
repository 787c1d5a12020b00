# SPDX-License-Identifier: Apache-2.0
"""The wait for a board that another has is no time of the trial's, wherever the trial has a board measure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from harness.records import WAIT, BenchOutcome, Candidate
from harness.search import Limit, clock, run
from harness.search.request import Watch
from harness.store import Store
from tests.search.fakes import FakeBench, FakeProducer, make_failure, make_request
from tests.search.test_gates import BOARD, Untrained
from tests.search.test_gates import request as request_with_gates
from tests.search.test_halved_studies import CostBench, InRungs
from tests.search.test_halved_studies import request as request_in_rungs

BENCH_SECONDS = 2.0


@dataclass(slots=True)
class Time:
    """A clock that goes on when it is told to."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass(slots=True)
class Occupied:
    """A bench on a board that another job has for ten minutes before."""

    time: Time
    inner: FakeBench = field(default_factory=FakeBench)

    def __call__(self, model: bytes, candidate: Candidate | None, board: str, *, watch: Watch) -> BenchOutcome:
        self.time.now += 600.0 + BENCH_SECONDS
        outcome = self.inner(model, candidate, board, watch=watch)
        return replace(outcome, seconds=(("measuring", BENCH_SECONDS), (WAIT, 600.0)))


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    found = Time()
    monkeypatch.setattr(clock, "monotonic", found)
    return found


def test_a_candidates_bench_takes_what_it_takes_once_the_board_is_free(store: Store, time: Time) -> None:
    (trial,) = run(make_request(trials=1), store=store, produce=FakeProducer(), bench=Occupied(time)).trials
    assert dict(trial.outcome.seconds)["bench@one"] == BENCH_SECONDS


def test_both_tries_count_where_the_rig_fails_once_and_neithers_wait(store: Store, time: Time) -> None:
    faults = iter([make_failure("LinkTimeout"), None])
    bench = Occupied(time, FakeBench(fault=lambda _model, _board: next(faults)))
    (trial,) = run(make_request(trials=1), store=store, produce=FakeProducer(), bench=bench).trials
    assert dict(trial.outcome.seconds)["bench@one"] == 2 * BENCH_SECONDS


def test_the_gate_that_counts_instructions_is_not_charged_the_wait(store: Store, time: Time) -> None:
    limit = Limit(name="instructions", sense="<=", bound=1e6, board=BOARD)
    asked = replace(request_with_gates(limit, gates=("instructions",), trials=1), techniques=("int8",))
    (trial,) = run(asked, store=store, produce=FakeProducer(), bench=Occupied(time), untrained=Untrained()).trials
    (gate,) = trial.outcome.gates
    assert (gate.name, gate.seconds) == ("instructions", BENCH_SECONDS)


def test_neither_is_the_halving_that_has_an_unfinished_network_measured(store: Store, time: Time) -> None:
    maker = InRungs()
    bench = Occupied(time, CostBench())
    trials = run(request_in_rungs(), store=store, produce=maker, bench=bench, produce_in_rungs=maker).trials
    assert maker.shown
    seconds = [gate.seconds for trial in trials for gate in trial.outcome.gates if gate.name == "halving"]
    assert {*seconds} == {0.0, BENCH_SECONDS}
