# SPDX-License-Identifier: Apache-2.0
"""What befalls a study from outside: it goes on, or ends cleanly and is resumed with nothing lost."""

from __future__ import annotations

import hashlib
import itertools
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness import proc
from harness.emulation import _machine
from harness.errors import DeviceFault, StoreError
from harness.link import Device
from harness.pipeline import BenchRequest, bench_model
from harness.records import BenchOutcome, Candidate
from harness.search import Event, Moment, SearchResult, Status
from harness.search.request import Watch
from harness.store import Store, TrialState, open_store
from harness.train import Limits, Trained, Trainers
from tests.conftest import ROOT
from tests.finals.fakes import shifted_model
from tests.search.fakes import OBJECTIVES, TASK, FakeBench, FakeProducer, Heard, make_request, number_of, search
from tests.search.test_processes import children_of

BOARD = "mps2_an386"


def outcomes(result: SearchResult) -> list[object]:
    return [(trial.number, trial.candidate, trial.outcome.status, trial.outcome.values) for trial in result.trials]


# A store that is locked


class Holder:
    """Another process that holds the lock for writing of a store from ``hold`` to ``let_go``."""

    def __init__(self, folder: Path) -> None:
        self._command = [sys.executable, "-m", "tests.store.children", "hold-lock", str(folder)]

    def hold(self) -> None:
        self._child = proc.start(self._command, cwd=ROOT, stdin=proc.PIPE)
        assert self._child.stdout is not None
        assert self._child.stdout.readline() == b"held\n"

    def let_go(self) -> None:
        proc.stop(self._child)


class CallingBench(FakeBench):
    """A bench that does something after the measurements of some candidates, by their keys."""

    deeds: Mapping[str, Callable[[], object]]

    def __call__(self, model: bytes, candidate: Candidate | None, board: str, *, watch: Watch) -> BenchOutcome:
        outcome = super().__call__(model, candidate, board, watch=watch)
        if candidate is not None and candidate.key in self.deeds:
            self.deeds[candidate.key]()
        return outcome


def bench_that(deeds: Mapping[int, Callable[[], object]], study: SearchResult) -> CallingBench:
    """Return a bench for a repetition of ``study``; ``deeds`` are by the number of the trial, whichever is quicker."""
    bench = CallingBench()
    bench.deeds = {study.trials[number].candidate.key: deed for number, deed in deeds.items()}
    return bench


@pytest.fixture
def whole(tmp_path: Path) -> SearchResult:
    """A study that nothing befell."""
    with open_store(tmp_path / "whole") as store:
        return search(store, make_request(trials=8, jobs=2))


def test_a_store_that_is_locked_for_a_while_is_waited_for(tmp_path: Path, whole: SearchResult) -> None:
    holder = Holder(tmp_path)

    def hold_for_a_while() -> None:
        holder.hold()
        threading.Timer(0.5, holder.let_go).start()

    with open_store(tmp_path, busy_seconds=60) as store:
        result = search(store, make_request(trials=8, jobs=2), bench=bench_that({3: hold_for_a_while}, whole))
    assert result.ended == "trials"
    assert outcomes(result) == outcomes(whole)


def test_a_store_locked_for_too_long_ends_the_search_and_what_ends_after_that_is_stored(
    tmp_path: Path, whole: SearchResult
) -> None:
    holder, heard, waiting = Holder(tmp_path), Heard(), threading.Event()

    def end_after_the_lock() -> None:
        waiting.set()
        assert heard.last.wait(60)
        holder.let_go()

    def lock() -> None:
        assert waiting.wait(60)
        holder.hold()

    bench = bench_that({2: end_after_the_lock, 3: lock}, whole)
    with open_store(tmp_path, busy_seconds=0.2) as store:
        with pytest.raises(StoreError, match="locked"):
            search(store, make_request(trials=8, jobs=2), bench=bench, events=heard)
        states = [trial.state for trial in store.trials("s")]
        assert sorted(states[2:]) == [TrialState.COMPLETE, TrialState.RUNNING]
        assert store.claims.runners() == []
        assert outcomes(search(store, make_request(trials=8, jobs=2, resume=True))) == outcomes(whole)
        assert len(store.measurements("s")) == len({trial.candidate for trial in whole.trials})


def test_a_store_that_stays_locked_ends_the_search_and_is_resumed_in_the_same_process(
    tmp_path: Path, whole: SearchResult
) -> None:
    """It could not even leave the study: nobody must wait for it for ever."""
    holder, produce = Holder(tmp_path), FakeProducer()
    with open_store(tmp_path, busy_seconds=0.2) as store:
        with pytest.raises(StoreError, match="locked") as caught:
            search(store, make_request(trials=8, jobs=2), produce=produce, bench=bench_that({3: holder.hold}, whole))
        assert (caught.value.exit_code, "wait" in caught.value.hint) == (2, True)
        assert len(store.claims.runners()) == 1
        holder.let_go()
        before = [trial.number for trial in store.trials("s", TrialState.COMPLETE)]
        assert before
        resumed = search(store, make_request(trials=8, jobs=2, resume=True), produce=produce)
    assert outcomes(resumed) == outcomes(whole)
    assert len(produce.calls) <= len(set(produce.calls)) + 2  # at most those under way are trained again


# An emulator that dies or hangs


def emulators() -> list[int]:
    """Return the running emulators that this process has started."""
    found = []
    for pid in children_of(os.getpid()):
        with suppress(OSError):  # it has ended meanwhile
            if Path(f"/proc/{pid}/comm").read_text().startswith("qemu"):
                found.append(pid)
    return found


class Struck:
    """Benches in QEMU, whose process gets a signal in the middle of some measurements, which begin with 0."""

    def __init__(self, store: Store, patch: pytest.MonkeyPatch, sig: signal.Signals, at: Sequence[int]) -> None:
        self._store, self._at, self._numbers = store, at, itertools.count()
        self._armed = False
        run = Device.run

        def strike_and_run(device: Device, *args: Any, **options: Any) -> Any:
            if self._armed:
                self._armed = False
                (victim,) = emulators()
                os.kill(victim, sig)
            return run(device, *args, **options)

        patch.setattr(Device, "run", strike_and_run)

    def __call__(self, model: bytes, candidate: Candidate | None, board: str, *, watch: Watch) -> BenchOutcome:
        self._armed = next(self._numbers) in self._at
        request = BenchRequest(
            model=model,
            name="candidate.tflite",
            board=board,
            candidate_key=None if candidate is None else candidate.key,
        )
        return bench_model(request, lambda: self._store, watch).outcome


class RealModels(FakeProducer):
    """Makes a layer for each candidate that a board can run."""

    def __call__(self, candidate: Candidate, *, watch: Watch) -> Trained:
        trained = super().__call__(candidate, watch=watch)
        model = shifted_model(number_of("shift", candidate.key) / 65536)
        sha256 = hashlib.sha256(model).hexdigest()
        return replace(trained, model=model, artifact=replace(trained.artifact, sha256=sha256, size_bytes=len(model)))


EMULATED = make_request(
    boards=(BOARD,), objectives=tuple(replace(each, board=each.board and BOARD) for each in OBJECTIVES), trials=2
)


def test_an_emulator_that_dies_in_a_measurement_is_started_again_and_the_study_goes_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[Event] = []
    bench = Struck(store, monkeypatch, signal.SIGKILL, at=[1])
    result = search(store, EMULATED, produce=RealModels(), bench=bench, events=events)
    assert [trial.outcome.status for trial in result.trials] == [Status.COMPLETE] * 2
    retried = [event for event in events if event.moment is Moment.RETRY]
    assert [event.number for event in retried] == [1]
    assert "SIGKILL" in retried[0].message
    assert [failure.kind for failure in store.failures("s")] == ["DeviceFault"]
    assert len(store.measurements("s")) == 2
    assert emulators() == []


def test_an_emulator_that_hangs_again_and_again_ends_the_study_cleanly_and_a_resume_takes_up_its_trial(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    produce = RealModels()
    monkeypatch.setattr(_machine, "_ANSWER_SECONDS", 1.0)
    bench = Struck(store, monkeypatch, signal.SIGSTOP, at=[1, 2])
    with pytest.raises(DeviceFault, match="does not answer") as caught:
        search(store, EMULATED, produce=produce, bench=bench)
    assert caught.value.exit_code == 5
    assert emulators() == []
    assert [trial.state for trial in store.trials("s")] == [TrialState.COMPLETE, TrialState.RUNNING]
    assert [failure.kind for failure in store.failures("s")] == ["DeviceFault"] * 2
    result = search(store, replace(EMULATED, resume=True), produce=produce, bench=bench)
    assert [trial.outcome.status for trial in result.trials] == [Status.COMPLETE] * 2
    assert len(produce.calls) == len(set(produce.calls)) == 2


# A task that raises, crashes, loops, or eats memory


def test_what_a_task_does_to_its_process_fails_that_trial_and_the_study_goes_on(store: Store) -> None:
    deeds = {2: "raise", 3: "crash", 4: "hoard", 5: "loop"}  # by the trial; "crash" is what a converter may do, too
    limits = Limits(seconds=3, memory_bytes=1 << 30)
    simple, before = FakeProducer(), set(children_of(os.getpid()))
    with Trainers(TASK, "key", jobs=2, limits=limits, setup="tests.train.fake_work:open_work") as trainers:

        def produce(candidate: Candidate, *, watch: Watch) -> Trained:
            trained = simple(candidate, watch=watch)
            deed = deeds.get(len(set(simple.calls)) - 1)
            return trainers.produce(replace(candidate, family=deed), watch=watch) if deed else trained

        result = search(store, make_request(trials=9), produce=produce)
    assert set(children_of(os.getpid())) <= before
    failed = [trial.outcome.reasons[0] for trial in result.trials if trial.outcome.status is Status.FAILED]
    assert [reason.kind for reason in failed] == ["BadTask", "ToolError", "BadTask", "BadTask"]
    assert [trial.outcome.status for trial in result.trials].count(Status.COMPLETE) == 5
    logs = [failure.log_sha256 for failure in store.failures("s")]
    assert all(log and store.get_blob(log).read_text() for log in logs)


# A clock that jumps


def test_a_wall_clock_that_jumps_changes_nothing(
    tmp_path: Path, whole: SearchResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, jumps = time.time, itertools.cycle([1e9, -1e9, 0.0])

    def jump() -> None:
        seconds = next(jumps)
        monkeypatch.setattr(time, "time", lambda: real() + seconds)

    request = make_request(trials=8, jobs=2, timeout_seconds=600)
    with open_store(tmp_path) as store:
        result = search(store, request, bench=bench_that(dict.fromkeys(range(8), jump), whole))
    assert result.ended == "trials"
    assert outcomes(result) == outcomes(whole)
