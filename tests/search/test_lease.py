# SPDX-License-Identifier: Apache-2.0
"""Who lives: asked of the kernel on this machine, seen by beats elsewhere; no wall clock has a say."""

from __future__ import annotations

import os
import time
from dataclasses import replace

import pytest

from harness import proc
from harness.search import Event, Moment, run
from harness.search.lease import Lease, Watch, this_process
from harness.search.proposer import Proposer
from harness.store import Runner, Store, TrialState
from tests.search.fakes import FakeBench, FakeProducer, make_request, search
from tests.store import examples

HERE = this_process()
ELSEWHERE = replace(HERE, key="e", host="other", boot="another boot")


def dead_process() -> Runner:
    child = proc.start(["true"])
    child.wait()
    proc.stop(child)
    return replace(HERE, key="d", pid=child.pid, started="1")


def test_a_process_of_this_machine_lives_as_long_as_the_kernel_knows_it() -> None:
    child = proc.start(["sleep", "60"])
    other = replace(HERE, key="c", pid=child.pid, started=proc.started_at(child.pid) or "")
    watch = Watch(lease_seconds=0.0)
    assert watch.living([other], HERE) == {"c"}
    os.kill(child.pid, 9)
    deadline = time.monotonic() + 10
    while watch.living([other], HERE) and time.monotonic() < deadline:
        time.sleep(0.01)  # dead it is at once, though nobody has waited for it
    assert watch.living([other], HERE) == frozenset()
    proc.stop(child)


def test_another_process_under_the_same_id_is_another_process() -> None:
    assert Watch().living([replace(HERE, key="x", started="1")], HERE) == frozenset()


def test_a_process_elsewhere_lives_as_long_as_its_beats_change_on_our_monotonic_clock() -> None:
    seconds = 0.0
    watch = Watch(lease_seconds=60, now=lambda: seconds)
    assert watch.living([ELSEWHERE], HERE) == {"e"}
    seconds = 59.0
    assert watch.living([ELSEWHERE], HERE) == {"e"}
    assert watch.living([replace(ELSEWHERE, beat=1)], HERE) == {"e"}
    seconds = 118.0
    assert watch.living([replace(ELSEWHERE, beat=1)], HERE) == {"e"}
    seconds = 119.0
    assert watch.living([replace(ELSEWHERE, beat=1)], HERE) == frozenset()
    assert watch.living([replace(ELSEWHERE, beat=2)], HERE) == {"e"}  # it was suspended, and is back


def test_the_same_pid_in_another_container_is_watched_by_its_beats() -> None:
    other = replace(HERE, key="n", namespace="pid:[1]", started="1")
    assert Watch().living([other], HERE) == {"n"}


@pytest.mark.parametrize("jump", [-1e9, 1e9])
def test_a_wall_clock_that_jumps_takes_no_trial_from_anybody(
    store: Store, monkeypatch: pytest.MonkeyPatch, jump: float
) -> None:
    real = time.time
    with Lease(store, beat_seconds=0.01) as lease:
        monkeypatch.setattr(time, "time", lambda: real() + jump)
        store.claims.enter(ELSEWHERE)
        assert lease.living() == {"e"}
        time.sleep(0.1)
        assert lease.living() == {"e"}


def test_a_lease_beats_and_leaves(store: Store) -> None:
    with Lease(store, beat_seconds=0.01) as lease:
        deadline = time.monotonic() + 20
        while store.claims.runners()[0].beat < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert store.claims.runners()[0].key == lease.key
        assert store.claims.runners()[0].beat >= 2
    assert store.claims.runners() == []


def test_a_trial_is_claimed_once_and_taken_from_the_holder_that_was_seen(store: Store) -> None:
    store.create_study("s", {})
    candidate = examples.candidate()
    assert store.claim_trial("s", 0, candidate, "one")
    assert not store.claim_trial("s", 0, candidate, "two")
    assert not store.claim_trial("s", 0, candidate, "two", instead_of="three")
    assert store.claim_trial("s", 0, candidate, "two", instead_of="one")
    assert not store.finish_trial("s", 0, TrialState.COMPLETE, {}, results=(), runner="one")
    assert store.finish_trial("s", 0, TrialState.COMPLETE, {}, results=(), runner="two")
    assert not store.claim_trial("s", 0, candidate, "one")


def test_a_trial_of_a_dead_process_is_taken_up_and_one_of_a_living_process_is_waited_for(store: Store) -> None:
    request = make_request(trials=4, timeout_seconds=None)
    whole = search(store, make_request(study="other", trials=4))
    store.create_study("s", request.config())
    for number, runner in ((0, dead_process()), (1, ELSEWHERE)):
        store.claims.enter(runner)
        assert store.claim_trial("s", number, whole.trials[number].candidate, runner.key)
    produce = FakeProducer()
    result = search(store, make_request(trials=4, timeout_seconds=2.5, resume=True), produce=produce, bench=FakeBench())
    assert result.ended == "timeout"
    assert [trial.number for trial in result.trials] == [0, 2, 3]
    store.claims.leave("e")
    result = search(store, make_request(trials=4, resume=True), produce=produce)
    assert [trial.number for trial in result.trials] == [0, 1, 2, 3]


def test_a_process_that_waits_for_trials_of_others_says_once_for_which_and_takes_up_what_they_leave(
    store: Store,
) -> None:
    asked = make_request(trials=4)
    proposer = Proposer(asked)
    store.create_study("s", asked.config())
    events: list[Event] = []
    with Lease(store) as other, Lease(store) as third:

        def listen(event: Event) -> None:
            events.append(event)
            if event.moment is Moment.WAIT:
                store.claims.leave(next(leaving).key)

        leaving = iter((other, third))
        for number, holder in enumerate((other, other, third)):
            candidate, _ = proposer.ask(number, {})
            assert store.claim_trial("s", number, candidate, holder.key, instead_of=None)
        result = run(replace(asked, resume=True), store=store, produce=FakeProducer(), bench=FakeBench(), listen=listen)
    assert [(each.number, each.message) for each in events if each.moment is Moment.WAIT] == [
        (0, f"waiting for trials 0, 1, 2, on which 2 other processes work, on {HERE.host}"),
        (2, f"waiting for trial 2, on which another process works, on {HERE.host}"),
    ]
    assert [each.number for each in events if each.moment is Moment.END] == [3, 0, 1, 2]
    assert len(result.trials) == 4
