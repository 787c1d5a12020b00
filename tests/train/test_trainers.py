# SPDX-License-Identifier: Apache-2.0
"""What a candidate does to the process that trains it is told as its failure; what is not its fault ends the study."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from harness.errors import BadTask, HarnessError, StoreError, ToolError, UserError
from harness.records import Candidate
from harness.search.outcome import Remedy, remedy_for
from harness.tasks import LoadedTask, load_task, task_key
from harness.train import Halted, Limits, Rung, Trainers, Verdict, default_jobs, default_limits, training_stack
from tests.search.fakes import TASK

SETUP = "tests.train.fake_work:open_work"
LIMITS = Limits(seconds=60, memory_bytes=1 << 30)


def candidate(family: str) -> Candidate:
    return Candidate(task_key="0" * 64, family=family, parameters=(), compression=(), seed=1)


def named(name: str) -> LoadedTask:
    return replace(TASK, name=name)


@pytest.fixture(scope="module")
def trainers() -> Iterator[Trainers]:
    with Trainers(named("fake"), "key", jobs=1, limits=LIMITS, setup=SETUP) as opened:
        yield opened


@pytest.mark.parametrize(
    ("deed", "kind", "says", "trace"),
    [
        ("raise", BadTask, "the task 'fake' failed: ValueError: shapes (3,) and (4,)", "in _raise"),
        ("hoard", BadTask, "it needs more than 1 GiB of memory", "in _hoard"),
        ("crash", ToolError, "ended by signal 6", "in work"),
        ("refuse", ToolError, "the training diverged", "nan"),
    ],
)
def test_what_a_task_does_for_one_candidate_is_that_trials_failure_with_its_trace(
    trainers: Trainers, deed: str, kind: type[HarnessError], says: str, trace: str
) -> None:
    with pytest.raises(kind, match=re.escape(says)) as raised:
        trainers.produce(candidate(deed))
    assert trace in raised.value.log
    assert remedy_for(type(raised.value).__name__) is Remedy.FAILED


def test_a_task_that_loops_is_ended_with_the_place_where_it_was() -> None:
    with Trainers(
        named("fake"), "key", jobs=1, limits=Limits(seconds=0.5, memory_bytes=1 << 30), setup=SETUP
    ) as trainers:
        with pytest.raises(BadTask, match="did not end within") as raised:
            trainers.produce(candidate("loop"))
    assert "in _loop" in raised.value.log
    assert "--train-timeout" in raised.value.hint


def test_a_training_that_is_stopped_at_a_rung_leaves_its_process_warm(trainers: Trainers) -> None:
    told: list[int] = []

    def judge(rung: Rung) -> Verdict:
        told.append(rung.epochs)
        return Verdict.STOP if len(told) == 1 else Verdict.GO_ON

    with pytest.raises(Halted) as stopped:
        trainers.produce_in_rungs(candidate("raise"), judge=judge)
    assert (told, stopped.value.seconds) == ([5], 0.5)
    with pytest.raises(BadTask, match="shapes"):
        trainers.produce_in_rungs(candidate("raise"), judge=judge)


def test_what_goes_wrong_while_a_training_is_judged_is_told_as_it_is(trainers: Trainers) -> None:
    def judge(_rung: Rung) -> Verdict:
        raise StoreError("the disk is full")

    with pytest.raises(StoreError, match="the disk is full"):
        trainers.produce_in_rungs(candidate("raise"), judge=judge)


def test_a_bug_of_ours_is_told_as_one(trainers: Trainers) -> None:
    with pytest.raises(RuntimeError, match=r"evaluate\.py"):
        trainers.produce(candidate("bug"))


def test_a_disk_that_is_full_is_not_the_candidates_fault(trainers: Trainers) -> None:
    with pytest.raises(StoreError, match="the disk is full") as raised:
        trainers.produce(candidate("fill"))
    assert remedy_for(type(raised.value).__name__) is Remedy.STOP


@pytest.mark.parametrize(("task", "says"), [("broken", "it has no data"), ("worse", "ValueError: nonsense")])
def test_a_task_that_cannot_be_loaded_ends_the_study(task: str, says: str) -> None:
    with Trainers(named(task), "key", jobs=1, limits=LIMITS, setup=SETUP) as trainers:
        with pytest.raises(UserError, match=says) as raised:
            trainers.produce(candidate("raise"))
    assert remedy_for(type(raised.value).__name__) is Remedy.STOP


def test_a_memory_that_tensorflow_does_not_fit_into_is_refused() -> None:
    with pytest.raises(UserError, match="at least"):
        Trainers(named("fake"), "key", jobs=1, limits=Limits(seconds=1, memory_bytes=100))


def test_the_defaults_suit_the_machine() -> None:
    assert 1 <= default_jobs() <= 4
    assert default_limits(1).memory_bytes >= default_limits(4).memory_bytes >= 1 << 30
    assert default_limits(2, seconds=5.0, memory_bytes=7).seconds == 5.0


@pytest.mark.slow
def test_a_candidate_has_the_same_bytes_from_any_process_whatever_it_trained_before() -> None:
    loaded = load_task("digits")
    key = task_key(loaded, training_stack())
    small = Candidate(task_key=key, family="dense", parameters=(("layers", 1), ("units_0", 8)), compression=(), seed=3)
    other = Candidate(task_key=key, family="dense", parameters=(("layers", 1), ("units_0", 16)), compression=(), seed=3)
    models = []
    for before in ([], [other]):
        with Trainers(loaded, key, jobs=1, limits=default_limits(1)) as trainers:
            trainers.check_networks()
            for each in before:
                trainers.produce(each)
            models.append(trainers.produce(small).model)
    assert models[0] == models[1]
