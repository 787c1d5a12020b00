# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from harness.errors import BuildError, DoesNotFit, LinkTimeout, NoBoard, ToolError, UnsupportedModel, UserError
from harness.records import BenchOutcome, Candidate, Failure
from harness.search import Event, Moment, Status
from harness.search.request import Watch
from harness.store import Store
from harness.train import Trained
from tests.search.fakes import OBJECTIVES, FakeBench, make_failure, make_request, number_of, search

TWO = (*OBJECTIVES, *(replace(each, board="two") for each in OBJECTIVES[1:]))


def failing(kind: str, *, violation: float = 0.0) -> FakeBench:
    """A bench on which about half of the models fail."""
    numbers = itertools.count()

    def fault(model: bytes, board: str) -> Failure | None:
        if number_of("fault", model.decode()) % 2:
            return make_failure(kind, number=next(numbers), violation=violation)
        return None

    return FakeBench(fault=fault)


def test_a_model_that_does_not_fit_is_infeasible_by_the_bytes_that_are_missing(store: Store) -> None:
    result = search(store, make_request(trials=12), bench=failing("DoesNotFit", violation=640))
    infeasible = [trial for trial in result.trials if trial.outcome.status is Status.INFEASIBLE]
    assert infeasible
    assert {trial.outcome.reasons[0].violation for trial in infeasible} == {640}
    assert not {trial.number for trial in infeasible} & set(result.front)
    assert any(trial.outcome.status is Status.COMPLETE for trial in result.trials)


def test_a_model_with_an_operator_that_is_missing_is_further_off_than_any_that_is_too_large(store: Store) -> None:
    result = search(store, bench=failing("UnsupportedModel"))
    violations = [reason.violation for trial in result.trials for reason in trial.outcome.reasons]
    assert violations
    assert min(violations) >= 2**30


@pytest.mark.parametrize("kind", ["BuildError", "FlashError", "ToolError", "WrongAnswer", "BadModel", "Inconclusive"])
def test_a_candidate_that_fails_is_data(store: Store, kind: str) -> None:
    result = search(store, make_request(trials=8), bench=failing(kind))
    assert {trial.outcome.status for trial in result.trials} == {Status.COMPLETE, Status.FAILED}
    assert len(result.trials) == 8
    assert all(trial.results for trial in store.trials("s"))


@pytest.mark.parametrize(("kind", "error"), [("UserError", UserError), ("BadBoard", UserError), ("Oops", RuntimeError)])
def test_a_wrong_request_or_a_bug_stops_the_search(store: Store, kind: str, error: type[Exception]) -> None:
    with pytest.raises(error, match="it went wrong"):
        search(store, bench=failing(kind))


@pytest.mark.parametrize("error", [BuildError("no"), DoesNotFit("no", missing_bytes=9), UnsupportedModel("no")])
def test_a_bench_may_raise_instead(store: Store, error: Exception) -> None:
    def bench(model: bytes, candidate: Candidate | None, board: str, *, watch: Watch) -> BenchOutcome:
        raise error

    outcome = search(store, make_request(trials=1), bench=bench).trials[0].outcome
    assert outcome.reasons[0].kind == type(error).__name__
    assert len(store.failures("s")) == 1


def test_training_that_fails_is_data_with_its_log(store: Store) -> None:
    def produce(candidate: Candidate, *, watch: Watch) -> Trained:
        raise ToolError("the converter crashed", log="long story")

    bench = FakeBench()
    result = search(store, make_request(trials=2), produce=produce, bench=bench)
    assert [trial.outcome.status for trial in result.trials] == [Status.FAILED] * 2
    assert bench.calls == []
    log = store.failures("s")[0].log_sha256
    assert log
    assert store.get_blob(log).read_text() == "long story"


def test_a_bug_in_training_is_raised(store: Store) -> None:
    def produce(candidate: Candidate, *, watch: Watch) -> Trained:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        search(store, produce=produce)


def test_an_unverified_measurement_is_never_ranked(store: Store) -> None:
    result = search(store, bench=FakeBench(verified=False))
    assert {trial.outcome.status for trial in result.trials} == {Status.FAILED}
    assert {trial.outcome.reasons[0].kind for trial in result.trials} == {"WrongAnswer"}
    assert result.front == ()


def test_a_rigs_fault_is_tried_once_more(store: Store) -> None:
    numbers = itertools.count()

    def fault(model: bytes, board: str) -> Failure | None:
        number = next(numbers)
        return make_failure("LinkTimeout", number=number) if number == 1 else None

    events: list[Event] = []
    result = search(store, bench=FakeBench(fault=fault), events=events)
    assert {trial.outcome.status for trial in result.trials} == {Status.COMPLETE}
    assert [event.number for event in events if event.moment is Moment.RETRY] == [1]
    assert [failure.kind for failure in store.failures("s")] == ["LinkTimeout"]
    assert result.quarantined == ()


def two_boards(broken_from: int) -> FakeBench:
    """A bench whose second board breaks for good at some call."""
    numbers = itertools.count()

    def fault(model: bytes, board: str) -> Failure | None:
        if board != "two":
            return None
        number = next(numbers)
        return make_failure("DeviceFault", number=number) if number >= broken_from else None

    return FakeBench(fault=fault)


def test_a_board_that_fails_twice_is_left_out_and_the_others_go_on(store: Store) -> None:
    bench = two_boards(3)
    request = make_request(boards=("one", "two"), objectives=TWO, trials=14)
    result = search(store, request, bench=bench)
    assert result.quarantined == ("two",)
    assert {trial.outcome.status for trial in result.trials} == {Status.COMPLETE}
    assert sum(board == "two" for _, board in bench.calls) == 5
    assert len(result.trials[2].outcome.values) == 5
    assert len(result.trials[3].outcome.values) == 3
    assert set(result.front) - {0, 1, 2}


def test_a_board_stays_left_out_when_the_study_is_resumed(store: Store) -> None:
    request = make_request(boards=("one", "two"), objectives=TWO, trials=5)
    search(store, request, bench=two_boards(3))
    bench = FakeBench()
    result = search(store, replace(request, trials=7, resume=True), bench=bench)
    assert {board for _, board in bench.calls} == {"one"}
    assert result.quarantined == ("two",)


@pytest.mark.parametrize(("kind", "error"), [("LinkTimeout", LinkTimeout), ("NoBoard", NoBoard)])
def test_without_a_board_the_search_ends_with_the_rigs_error_and_can_be_resumed(
    store: Store, kind: str, error: type[Exception]
) -> None:
    numbers = itertools.count()

    def fault(model: bytes, board: str) -> Failure | None:
        number = next(numbers)
        return make_failure(kind, number=number) if number >= 2 else None

    with pytest.raises(error, match="no board is left"):
        search(store, bench=FakeBench(fault=fault))
    assert [trial.state for trial in store.trials("s")] == ["complete", "complete", "running"]
    assert len(store.failures("s")) == 2

    result = search(store, make_request(resume=True))
    assert result.quarantined == ()
    assert {trial.outcome.status for trial in result.trials} == {Status.COMPLETE}
