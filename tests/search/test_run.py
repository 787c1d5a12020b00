# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import (
    UserError,
)
from harness.records import BenchOutcome, Candidate, How
from harness.search import Event, Limit, Moment, Objective, SearchRequest, Status, run
from harness.search.request import Watch
from harness.store import Store, TrialState, open_store
from tests.search.fakes import OBJECTIVES, FakeBench, FakeProducer, make_request, search


def test_a_study_ends_with_its_trials_stored_and_the_front_of_verified_ones(store: Store) -> None:
    result = search(store, make_request(trials=12))
    assert (result.ended, len(result.trials)) == ("trials", 12)
    assert [trial.state for trial in store.trials("s")] == [TrialState.COMPLETE] * 12
    assert result.front
    best = max(result.trials, key=lambda trial: trial.outcome.values[0].value)
    assert best.number in result.front


def test_the_values_are_those_of_the_objectives_with_how_they_were_obtained(store: Store) -> None:
    outcome = search(store, make_request(trials=1)).trials[0].outcome
    assert [(value.objective, value.how) for value in outcome.values] == [
        ("accuracy", How.HOST),
        ("instructions@one", How.COUNTED),
        ("ram@one", How.COUNTED),
    ]
    assert {"train", "bench@one"} <= dict(outcome.seconds).keys()


def test_a_measurement_is_in_the_store_before_the_search_is_told(store: Store) -> None:
    seen: list[bool] = []

    def listen(event: Event) -> None:
        if event.moment is Moment.END:
            trial = store.trials("s")[event.number]
            seen.append(trial.state is TrialState.COMPLETE and len(store.measurements("s")) == event.number + 1)

    run(make_request(trials=3), store=store, produce=FakeProducer(), bench=FakeBench(), listen=listen)
    assert seen == [True] * 3


def test_the_same_seed_gives_the_same_study(tmp_path: Path) -> None:
    with open_store(tmp_path / "a") as one, open_store(tmp_path / "b") as other:
        first, second = (search(store, make_request(trials=15)) for store in (one, other))
    assert [trial.candidate for trial in first.trials] == [trial.candidate for trial in second.trials]


def test_a_candidate_that_comes_again_is_neither_trained_nor_benched_again(store: Store) -> None:
    produce, bench = FakeProducer(), FakeBench()
    result = search(store, make_request(trials=15, techniques=()), produce=produce, bench=bench)
    again = [trial for trial in result.trials if trial.outcome.duplicate_of is not None]
    assert again
    assert len(produce.calls) == len(set(produce.calls)) == len(bench.calls) == 15 - len(again)
    for trial in again:
        assert result.trials[trial.outcome.duplicate_of or 0].candidate == trial.candidate
        assert trial.number not in result.front


def test_another_study_of_the_same_seed_finds_what_was_trained(store: Store) -> None:
    search(store, make_request(study="first"))
    produce = FakeProducer()
    result = search(store, make_request(study="second"), produce=produce)
    assert produce.calls == []
    assert all(trial.outcome.status is Status.COMPLETE for trial in result.trials)


def test_an_interruption_leaves_the_trial_under_way_for_resume(store: Store, tmp_path: Path) -> None:
    class Interrupted(FakeBench):
        def __call__(self, model: bytes, candidate: Candidate | None, board: str, *, watch: Watch) -> BenchOutcome:
            if len(self.calls) == 2:
                raise KeyboardInterrupt
            return super().__call__(model, candidate, board, watch=watch)

    produce = FakeProducer()
    result = search(store, produce=produce, bench=Interrupted())
    assert (result.ended, len(result.trials)) == ("interrupted", 2)
    assert [trial.state for trial in store.trials("s")] == ["complete", "complete", "running"]

    resumed = search(store, make_request(resume=True), produce=produce)
    with open_store(tmp_path / "other") as other:
        whole = search(other)
    assert [trial.candidate for trial in resumed.trials] == [trial.candidate for trial in whole.trials]
    assert len(produce.calls) == len(set(produce.calls))


def test_a_timeout_begins_no_further_trial(store: Store) -> None:
    began = time.monotonic()
    request = make_request(trials=None, timeout_seconds=0.3)
    result = search(store, request, bench=FakeBench(pause_seconds=0.1))
    assert result.ended == "timeout"
    assert 1 <= len(result.trials) <= 4
    assert time.monotonic() - began >= 0.3
    assert {trial.state for trial in store.trials("s")} == {TrialState.COMPLETE}


def test_trials_count_over_all_runs_of_a_study(store: Store) -> None:
    search(store, make_request(trials=3))
    assert len(search(store, make_request(trials=5, resume=True)).trials) == 5
    assert len(search(store, make_request(trials=4, resume=True)).trials) == 5


def test_a_study_that_exists_needs_resume(store: Store) -> None:
    search(store)
    with pytest.raises(UserError) as caught:
        search(store)
    assert "--resume" in str(caught.value)


def test_a_study_is_not_resumed_with_other_settings(store: Store) -> None:
    search(store)
    with pytest.raises(UserError) as caught:
        search(store, make_request(seed=2, resume=True))
    assert "seed was 1, is 2" in str(caught.value)


def test_a_study_that_is_resumed_with_other_limits_says_so_in_words(store: Store) -> None:
    limit = Limit(name="ram", sense="<=", bound=3e4, board="one")
    search(store, make_request(trials=1, limits=(limit,)))
    with pytest.raises(UserError, match="begun with other limits: ram@one <= 30,000 bytes; now: none"):
        search(store, make_request(trials=2, resume=True))
    less = OBJECTIVES[:2]
    with pytest.raises(UserError, match=r"objectives: accuracy \(most\), .* ram@one \(least\); now: accuracy"):
        search(store, make_request(trials=2, resume=True, limits=(limit,), objectives=less))
    assert len(search(store, make_request(trials=2, resume=True, limits=(limit,))).trials) == 2


def test_a_study_whose_task_has_changed_since_says_so(store: Store) -> None:
    search(store, make_request(trials=1))
    with pytest.raises(UserError, match="another task, or with another state of it"):
        search(store, replace(make_request(trials=2, resume=True), task_key="1" * 64))


def test_what_the_file_of_a_task_is_called_does_not_count_when_a_study_is_resumed(store: Store) -> None:
    search(store, make_request(trials=1))
    first = make_request(trials=2, resume=True)
    elsewhere = replace(first, task=replace(first.task, name=f"elsewhere/{first.task.name}"))
    assert len(search(store, elsewhere).trials) == 2
    assert store.study("s").config["task"] == first.task.name


def test_a_study_keeps_its_sampler(store: Store) -> None:
    search(store, make_request(trials=1))
    assert "sampler" not in store.study("s").config  # the default: as in a study of a harness that had no other
    search(store, make_request(trials=1, study="t", sampler="random"))
    with pytest.raises(UserError, match="sampler was 'random'"):
        search(store, make_request(trials=2, study="t", resume=True))
    assert search(store, make_request(trials=2, study="t", sampler="random", resume=True)).ended == "trials"


def test_a_study_that_was_never_begun_is_not_resumed(store: Store) -> None:
    search(store, make_request(study="digits"))
    with pytest.raises(UserError) as caught:
        search(store, make_request(study="digit", resume=True))
    assert "Did you mean 'digits'" in str(caught.value)


def test_figures_that_differ_in_how_are_not_compared(store: Store) -> None:
    search(store, make_request(trials=2))
    with pytest.raises(UserError, match="instructions@one is counted in one trial and modelled in another"):
        search(store, make_request(trials=4, resume=True), bench=FakeBench(how=How.MODELLED))


def test_an_objective_that_the_board_does_not_yield_stops_the_search(store: Store) -> None:
    objectives = (*OBJECTIVES, Objective(name="energy", direction="minimize", board="one"))
    with pytest.raises(UserError, match="one yields no energy"):
        search(store, make_request(objectives=objectives))


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (make_request(trials=None), "needs an end"),
        (make_request(trials=0), "greater than 0"),
        (make_request(boards=()), "needs a board"),
        (make_request(boards=("one", "one")), "twice"),
        (make_request(boards=("one", "two")), "no objective needs two"),
        (make_request(driver="optuno"), "no member 'optuno'"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(store: Store, request_: SearchRequest, says: str) -> None:
    with pytest.raises(UserError) as caught:
        search(store, request_)
    assert says in str(caught.value)


def test_events_tell_what_happens_in_order(store: Store) -> None:
    events: list[Event] = []
    search(store, make_request(trials=2), events=events)
    told = [(event.number, event.moment.value, event.stage, event.done) for event in events]
    one = [("begin", ""), ("stage", "train"), ("stage", "bench"), ("stage", "measure"), ("end", "")]
    wanted = [(0, *each, 0) for each in one[:-1]] + [(0, *one[-1], 1)]
    wanted += [(1, *each, 1) for each in one[:-1]] + [(1, *one[-1], 2)]
    assert told == wanted


def test_hostile_names_do_no_harm(store: Store) -> None:
    name = "a'; DROP TABLE studies; -- \"\n<script>*/${x}"
    search(store, make_request(study=name))
    assert [study.name for study in store.studies()] == [name]
    assert len(store.trials(name)) == 5
