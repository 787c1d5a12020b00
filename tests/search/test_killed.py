# SPDX-License-Identifier: Apache-2.0
"""A study that is killed and resumed goes on as if it had never stopped."""

from __future__ import annotations

import multiprocessing
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.records import Artifact, BenchOutcome, Candidate, Failure
from harness.search import SearchRequest, SearchResult, TrialOutcome, run
from harness.store import Store, TrialState, open_store
from tests.search.fakes import FakeBench, FakeProducer, make_failure, make_request, number_of

KILLS = 10
PAUSE_SECONDS = 0.02


def fault(model: bytes, board: str) -> Failure | None:
    """Every fifth model or so does not fit, whoever asks."""
    number = number_of("fault", model.decode())
    return make_failure("DoesNotFit", number=number, violation=number) if number % 5 == 0 else None


def search(folder: Path, request: SearchRequest, label: str, pause_seconds: float = 0.0) -> SearchResult:
    with open_store(folder) as store:
        return run(
            request,
            store=store,
            produce=FakeProducer(log=folder / "trained", label=label, pause_seconds=pause_seconds),
            bench=FakeBench(fault=fault, pause_seconds=pause_seconds),
        )


def work_until_killed(folder: Path, ready: Any, label: str) -> None:
    """Run in a child: work on the study with no end, so that it is always killed in the middle."""
    with open_store(folder) as store:
        resume = bool(store.studies())
    ready.set()
    search(folder, make_request(trials=1000, resume=resume), label, PAUSE_SECONDS)


def outcomes(result: SearchResult) -> list[object]:
    return [(trial.number, trial.candidate, untimed(trial.outcome)) for trial in result.trials]


def untimed(outcome: TrialOutcome) -> TrialOutcome:
    gates = tuple(replace(gate, seconds=0.0, saved_seconds=0.0) for gate in outcome.gates)
    return replace(outcome, seconds=(), gates=gates)


def test_a_study_killed_at_ten_random_moments_goes_on_as_if_never_stopped(tmp_path: Path) -> None:
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    killed.mkdir()
    whole.mkdir()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.search.test_killed", "optuna"])
    draw = random.Random(11)
    for kill in range(KILLS):
        ready = context.Event()
        child = context.Process(target=work_until_killed, args=(killed, ready, str(kill)))
        child.start()
        assert ready.wait(60)
        if not (killed / "harness.db").exists():
            child.join(0.5)  # so that the first one comes further than the beginning
        child.join(draw.uniform(0.0, 0.6))
        child.kill()
        child.join()
        child.close()

    with open_store(killed) as store:
        done = len([trial for trial in store.trials("s") if trial.state is not TrialState.RUNNING])
    trials = done + 3
    resumed = search(killed, make_request(trials=trials, resume=True), "last")
    uninterrupted = search(whole, make_request(trials=trials), "whole")

    assert outcomes(resumed) == outcomes(uninterrupted)
    assert resumed.front == uninterrupted.front
    with open_store(killed) as store:
        assert not store.trials("s", TrialState.RUNNING)
    assert_at_most_the_one_under_way_was_repeated((killed / "trained").read_text())


def assert_at_most_the_one_under_way_was_repeated(log: str) -> None:
    lines = [line.split() for line in log.splitlines()]
    trained: set[str] = set()
    sessions: set[str] = set()
    for session, candidate in lines:
        first_of_session = session not in sessions
        assert candidate not in trained or first_of_session, log
        sessions.add(session)
        trained.add(candidate)


class Killed(BaseException):
    """Ends a search as abruptly as an exception can."""


class DyingStore(Store):
    """A store whose process dies before or after the n-th time that something is stored."""

    def __init__(self, inner: Store, at: int) -> None:
        self.__dict__.update(inner.__dict__)
        self.left = at

    def _count(self) -> None:
        if self.left == 0:
            raise Killed
        self.left -= 1

    def put(self, *records: Any) -> None:
        self._count()
        super().put(*records)
        self._count()

    def put_blob(self, content: bytes | Path) -> str:
        self._count()
        return super().put_blob(content)

    def claim_trial(self, *args: Any, **options: Any) -> bool:
        claimed = super().claim_trial(*args, **options)
        self._count()
        return claimed

    def finish_trial(self, *args: Any, **options: Any) -> bool:
        self._count()
        kept = super().finish_trial(*args, **options)
        self._count()
        return kept


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> SearchResult:
    return search(tmp_path_factory.mktemp("whole"), make_request(trials=3), "whole")


@pytest.mark.parametrize("at", range(1, 24, 2))
def test_a_study_that_dies_between_any_two_writes_goes_on(tmp_path: Path, uninterrupted: SearchResult, at: int) -> None:
    produce = FakeProducer()
    with open_store(tmp_path) as store:
        dying = DyingStore(store, at)
        with pytest.raises(Killed):
            run(make_request(trials=3), store=dying, produce=produce, bench=FakeBench(fault=fault))
        resumed = run(make_request(trials=3, resume=True), store=store, produce=produce, bench=FakeBench(fault=fault))
        assert outcomes(resumed) == outcomes(uninterrupted)
        assert not store.trials("s", TrialState.RUNNING)
    assert len(produce.calls) <= len(set(produce.calls)) + 1


def test_a_trial_whose_measurement_was_stored_before_the_end_is_benched_without_training(tmp_path: Path) -> None:
    class Dying(FakeBench):
        def __call__(self, model: bytes, candidate: Candidate | None, board: str, **options: Any) -> BenchOutcome:
            super().__call__(model, candidate, board, **options)
            raise Killed

    produce = FakeProducer()
    with open_store(tmp_path) as store:
        with pytest.raises(Killed):
            run(make_request(trials=1), store=store, produce=produce, bench=Dying())
        assert isinstance(store.artifact_of(produce.calls[0]), Artifact)
        run(make_request(trials=1, resume=True), store=store, produce=produce, bench=FakeBench())
    assert len(produce.calls) == 1
