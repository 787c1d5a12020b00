# SPDX-License-Identifier: Apache-2.0
"""Several processes on one study, and what becomes of one that is killed or interrupted."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness import proc
from harness.records import Candidate
from harness.search import Event, Moment, Status
from harness.search.known import load_finished
from harness.search.request import Watch
from harness.store import Store, TrialState, open_store
from harness.train import Trained
from tests.conftest import ROOT
from tests.search.fakes import FakeProducer, make_request, search

TRIALS = 7
RACED = 20


@pytest.fixture(autouse=True)
def _heard() -> Iterator[None]:
    """What a shell starts in the background ignores SIGINT, and so do its children."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def start(folder: Path, label: str, *, trials: int = TRIALS) -> proc.Child:
    command = [sys.executable, "-m", "tests.search.study_process", str(folder), label, str(trials)]
    return proc.start(command, cwd=ROOT, stdout=proc.NOTHING, stderr=None)


def wait_until(happens: Callable[[], bool], seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def trained_by(folder: Path, label: str) -> list[str]:
    log = folder / "trained"
    lines = log.read_text().splitlines() if log.exists() else []
    return [line.split()[-1] for line in lines if line.rpartition(" ")[0] == label]


def finished_numbers(folder: Path) -> list[int]:
    with open_store(folder) as store:
        return [each.number for each in store.claims.positions("s") if each.ended]


def test_two_processes_share_a_study_and_one_goes_on_when_the_other_is_killed_by_signal_9(shared: Path) -> None:
    one = start(shared, "hanging")
    wait_until(lambda: len(trained_by(shared, "hanging")) == 3)
    other = start(shared, "other")
    wait_until(lambda: len(finished_numbers(shared)) == TRIALS - 1)
    assert not proc.ended_within(other, 1.5)  # it waits for the trial of the first
    os.kill(one.pid, signal.SIGKILL)
    assert proc.ended_within(other, 120)
    proc.stop(one)
    proc.stop(other)
    assert other.returncode == 0

    with open_store(shared) as store:
        trials = store.trials("s")
        assert [trial.number for trial in trials] == list(range(TRIALS))
        assert {trial.state for trial in trials} == {TrialState.COMPLETE}
        finished = load_finished(store, "s")
        assert [proc.started_at(left.pid) for left in store.claims.runners()] == [
            None
        ]  # the killed one could not leave
        candidates = [trial.candidate.key for trial in finished if trial.outcome.duplicate_of is None]
        assert len(store.measurements("s")) == len(candidates) == len(set(candidates))
    trained = trained_by(shared, "hanging")[:2] + trained_by(shared, "other")
    assert sorted(trained) == sorted(candidates)  # each once; the one under way at the kill was trained again


def test_two_processes_that_begin_at_once_measure_nothing_twice(shared: Path) -> None:
    with open_store(shared) as store:
        store.create_study("s", make_request(trials=TRIALS).config())
    labels = ("racing one", "racing other")
    children = [start(shared, label, trials=RACED) for label in labels]
    try:
        wait_until(lambda: len(list(shared.glob("ready *"))) == 2)
        (shared / "go").touch()
        assert [proc.ended_within(child, 120) for child in children] == [True, True]
    finally:
        for child in children:
            proc.stop(child)
    assert [child.returncode for child in children] == [0, 0]
    by_label = [trained_by(shared, label) for label in labels]
    assert all(by_label)
    with open_store(shared) as store:
        finished = load_finished(store, "s")
        assert store.claims.runners() == []
        assert [trial.number for trial in finished] == list(range(RACED))
        candidates = [trial.candidate.key for trial in finished if trial.outcome.duplicate_of is None]
        assert sorted(key for keys in by_label for key in keys) == sorted(candidates)
        assert len(store.measurements("s")) == len(candidates)


def test_ctrl_c_lets_what_is_under_way_finish(store: Store) -> None:
    events: list[Event] = []
    numbers: dict[str, int] = {}
    pressed = threading.Event()

    class Interrupting(list[Event]):
        def append(self, event: Event) -> None:
            events.append(event)
            numbers[event.candidate.key] = event.number
            if event.number == 3 and event.stage == "train":
                os.kill(os.getpid(), signal.SIGINT)
                pressed.set()

    class Waiting(FakeProducer):
        def __call__(self, candidate: Candidate, *, watch: Watch) -> Trained:
            trained = super().__call__(candidate, watch=watch)
            assert numbers[candidate.key] < 3 or pressed.wait(60)
            return trained

    result = search(store, make_request(trials=20, jobs=2), produce=Waiting(), events=Interrupting())
    assert result.ended == "interrupted"
    assert {2, 3, 4} >= {event.number for event in events if event.moment is Moment.LAST}
    assert 4 <= len(result.trials) <= 5
    assert {trial.outcome.status for trial in result.trials} == {Status.COMPLETE}
    assert not store.trials("s", TrialState.RUNNING)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_ends_at_once_with_nothing_left_running_and_the_trials_for_resume(tmp_path: Path) -> None:
    process = start(tmp_path, "loop")
    wait_until(lambda: len(list(tmp_path.glob("begun *"))) == 2)
    wait_until(lambda: len(children_of(process.pid)) == 2)
    children = children_of(process.pid)
    os.kill(process.pid, signal.SIGINT)
    wait_until((tmp_path / "last").exists)
    assert not proc.ended_within(process, 0.5)
    os.kill(process.pid, signal.SIGINT)
    assert proc.ended_within(process, 30)
    assert process.returncode == 130
    wait_until(lambda: all(proc.started_at(child) is None for child in children), seconds=10)
    proc.stop(process)
    with open_store(tmp_path) as store:
        assert [trial.state for trial in store.trials("s")] == [TrialState.RUNNING] * 2
        assert store.claims.runners() == []
        result = search(store, make_request(trials=3, resume=True))
    assert [trial.number for trial in result.trials] == [0, 1, 2]


def children_of(pid: int) -> list[int]:
    """Return the processes that one started and that live."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and proc.started_at(int(folder.name)) is not None:
            try:
                parent = int((folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent == pid:
                found.append(int(folder.name))
    return found
