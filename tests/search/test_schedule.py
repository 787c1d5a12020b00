# SPDX-License-Identifier: Apache-2.0
"""Several trials at once: what is proposed depends on the seed and on how many, not on which ends first."""

from __future__ import annotations

import itertools
import random
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import BadTask, DeviceFault, StoreError, UserError
from harness.records import BenchOutcome, Candidate
from harness.search import Event, Moment, SearchResult, Status
from harness.search.request import Watch
from harness.store import Store, TrialState, open_store
from harness.train import Trained
from tests.search.fakes import FakeBench, FakeProducer, Heard, make_failure, make_request, search


class Jittery(FakeProducer):
    """Takes a while, another one each time."""

    def __call__(self, candidate: Candidate, *, watch: Watch) -> Trained:
        time.sleep(random.uniform(0, 0.02))
        return super().__call__(candidate, watch=watch)


def candidates(result: SearchResult) -> list[Candidate]:
    return [trial.candidate for trial in result.trials]


def test_which_trial_ends_first_makes_no_difference(tmp_path: Path) -> None:
    results = []
    for name in ("a", "b"):
        with open_store(tmp_path / name) as store:
            results.append(search(store, make_request(trials=18, jobs=3), produce=Jittery()))
    assert candidates(results[0]) == candidates(results[1])
    assert [trial.number for trial in results[0].trials] == list(range(18))


def test_a_study_of_several_jobs_goes_on_after_a_resume_as_if_never_stopped(tmp_path: Path) -> None:
    with open_store(tmp_path / "a") as store:
        whole = search(store, make_request(trials=18, jobs=2), produce=Jittery())
    with open_store(tmp_path / "b") as store:
        search(store, make_request(trials=13, jobs=2), produce=Jittery())
        resumed = search(store, make_request(trials=18, jobs=2, resume=True), produce=Jittery())
    assert candidates(whole) == candidates(resumed)


def test_one_candidate_trains_while_another_is_on_the_bench(store: Store) -> None:
    """Each waits for the other: a schedule that does one after the other would never end."""
    training, benching, numbers = threading.Event(), threading.Event(), itertools.count()

    class Producer(FakeProducer):
        def __call__(self, candidate: Candidate, *, watch: Watch) -> Trained:
            if next(numbers) == 1:
                training.set()
                assert benching.wait(30)
            return super().__call__(candidate, watch=watch)

    class Bench(FakeBench):
        def __call__(self, model: bytes, candidate: Candidate | None, board: str, *, watch: Watch) -> BenchOutcome:
            benching.set()
            assert training.wait(30)
            return super().__call__(model, candidate, board, watch=watch)

    result = search(store, make_request(trials=2, jobs=2), produce=Producer(), bench=Bench())
    assert [trial.outcome.status for trial in result.trials] == [Status.COMPLETE] * 2


def test_a_candidate_that_comes_again_while_it_is_under_way_is_made_once(store: Store) -> None:
    produce, bench = Jittery(), FakeBench()
    result = search(store, make_request(trials=15, techniques=(), jobs=3), produce=produce, bench=bench)
    again = [trial for trial in result.trials if trial.outcome.duplicate_of is not None]
    assert again
    assert len(produce.calls) == len(set(produce.calls)) == len(bench.calls) == 15 - len(again)


def test_listeners_are_called_in_the_thread_that_runs_the_search(store: Store) -> None:
    threads: set[int] = set()
    events: list[Event] = []

    class Listening(list[Event]):
        def append(self, event: Event) -> None:
            threads.add(threading.get_ident())
            events.append(event)

    search(store, make_request(trials=6, jobs=3), events=Listening())
    assert threads == {threading.get_ident()}
    assert sum(event.moment is Moment.END for event in events) == 6
    assert events[-1].done == 6


def test_after_an_error_what_is_under_way_is_finished_and_the_error_raised(store: Store) -> None:
    """The second of two ends in a rig's fault; the first goes on, and is stored."""
    events, numbers = Heard(), itertools.count()

    class Bench(FakeBench):
        def __call__(self, model: bytes, candidate: Candidate | None, board: str, *, watch: Watch) -> BenchOutcome:
            outcome = super().__call__(model, candidate, board, watch=watch)
            if next(numbers) == 0:
                assert events.last.wait(60)
                return outcome
            raise DeviceFault("the board is gone")

    with pytest.raises(DeviceFault, match="no board is left"):
        search(store, make_request(trials=9, jobs=2), bench=Bench(), events=events)
    assert sorted(trial.state for trial in store.trials("s")) == ["complete", "running"]
    assert any(event.moment is Moment.LAST and "no board is left" in event.message for event in events)
    resumed = search(store, make_request(trials=9, jobs=2, resume=True))
    assert [trial.outcome.status for trial in resumed.trials] == [Status.COMPLETE] * 9


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_task_that_fails_for_one_candidate_is_that_trials_failure_with_its_trace(store: Store, jobs: int) -> None:
    class Producer(FakeProducer):
        def __call__(self, candidate: Candidate, *, watch: Watch) -> Trained:
            trained = super().__call__(candidate, watch=watch)
            if len(self.calls) in (3, 4, 5, 6):
                raise BadTask("the task failed: ValueError: no", log="Traceback: line 3")
            return trained

    result = search(store, make_request(trials=8, jobs=jobs), produce=Producer())
    assert sum(trial.outcome.status is Status.FAILED for trial in result.trials) == 4
    failure = store.failures("s")[0]
    assert (failure.kind, failure.stage) == ("BadTask", "train")
    assert failure.log_sha256 is not None
    assert store.get_blob(failure.log_sha256).read_text() == "Traceback: line 3"


def test_a_task_that_fails_for_the_first_three_candidates_ends_the_study(store: Store) -> None:
    class Producer(FakeProducer):
        def __call__(self, candidate: Candidate, *, watch: Watch) -> Trained:
            super().__call__(candidate, watch=watch)
            raise BadTask("the task failed: ValueError: no")

    produce = Producer()
    with pytest.raises(BadTask, match="all 3 candidates"):
        search(store, make_request(trials=9), produce=produce)
    assert len(set(produce.calls)) == 3
    assert {trial.state for trial in store.trials("s")} == {TrialState.FAILED}


def test_a_disk_that_is_full_ends_the_search_and_the_trial_is_taken_up_again(store: Store) -> None:
    class Bench(FakeBench):
        def __call__(self, model: bytes, candidate: Candidate | None, board: str, *, watch: Watch) -> BenchOutcome:
            if len(self.calls) == 2:
                raise OSError(28, "No space left on device", "/tmp/project")
            return super().__call__(model, candidate, board, watch=watch)

    with pytest.raises(StoreError, match="a disk is full"):
        search(store, bench=Bench())
    assert [trial.state for trial in store.trials("s")] == ["complete", "complete", "running"]
    assert len(search(store, make_request(resume=True)).trials) == 5


def test_a_build_for_which_there_was_no_space_is_no_fault_of_the_candidate(store: Store) -> None:
    log = store.put_blob(b"cc1: fatal error: error writing to /tmp/x.s: No space left on device")

    failure = replace(make_failure("BuildError"), log_sha256=log)
    with pytest.raises(StoreError, match="a disk is full"):
        search(store, bench=FakeBench(fault=lambda _model, _board: failure))
    assert [trial.state for trial in store.trials("s")] == ["running"]


class Filling(Store):
    """A store whose disk is full from some write on."""

    def __init__(self, inner: Store, at: int) -> None:
        self.__dict__.update(inner.__dict__)
        self.left = at

    def put_blob(self, content: bytes | Path) -> str:
        self.left -= 1
        if self.left < 0:
            raise StoreError("the store cannot be written: No space left on device", hint="Free some space.")
        return super().put_blob(content)


def test_a_store_that_cannot_be_written_ends_the_search_and_nothing_before_is_lost(store: Store) -> None:
    with pytest.raises(StoreError, match="No space left"):
        search(Filling(store, 3), make_request(trials=8, jobs=2))
    before = store.trials("s", TrialState.COMPLETE)
    assert 2 <= len(before) <= 3
    resumed = search(store, make_request(trials=8, jobs=2, resume=True))
    assert len(resumed.trials) == 8
    assert len(store.measurements("s")) == 8


def test_no_job_at_all_is_refused(store: Store) -> None:
    with pytest.raises(UserError, match="at least one"):
        search(store, make_request(jobs=0))
