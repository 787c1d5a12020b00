# SPDX-License-Identifier: Apache-2.0
"""What a study does at its gates: nothing is trained, measured or counted that need not be."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from harness.errors import ToolError, UnsupportedModel
from harness.records import Candidate
from harness.search import Limit, Objective, SearchRequest, SearchResult, Status, run
from harness.search.front import nearest_of
from harness.search.gates import gate_totals
from harness.search.request import Watch
from harness.store import Store
from harness.train import Trained
from tests.conftest import ROOT
from tests.search.fakes import UNTRAINED, FakeBench, FakeProducer, make_request

BOARD = "mps2_an386"
MODEL = (ROOT / "examples" / "digits.tflite").read_bytes()
OBJECTIVES = (
    Objective(name="accuracy", direction="maximize"),
    Objective(name="ram", direction="minimize", board=BOARD),
)
TINY = Limit(name="ram", sense="<=", bound=16.0, board=BOARD)
AMPLE = replace(TINY, bound=1e9)


def request(*limits: Limit, gates: tuple[str, ...] = ("fit",), trials: int = 3, resume: bool = False) -> SearchRequest:
    made = make_request(boards=(BOARD,), objectives=OBJECTIVES, limits=limits, trials=trials, resume=resume)
    return replace(made, gates=gates)


@dataclass(slots=True)
class Untrained:
    """Converts in no time, or fails."""

    error: Exception | None = None
    calls: int = 0

    def __call__(self, candidate: Candidate) -> bytes:
        del candidate
        self.calls += 1
        if self.error is not None:
            raise self.error
        return MODEL


def search(
    store: Store,
    asked: SearchRequest,
    untrained: Untrained,
    produce: FakeProducer | SameModel | None = None,
    bench: FakeBench | None = None,
) -> SearchResult:
    return run(asked, store=store, produce=produce or FakeProducer(), bench=bench or FakeBench(), untrained=untrained)


@dataclass(slots=True)
class SameModel:
    """Trains every candidate into the same bytes."""

    inner: FakeProducer

    def __call__(self, candidate: Candidate, *, watch: Watch) -> Trained:
        made = self.inner(candidate, watch=watch)
        model = b"the same"
        return replace(made, model=model, artifact=replace(made.artifact, sha256=hashlib.sha256(model).hexdigest()))


def test_what_breaks_a_limit_untrained_is_neither_trained_nor_benched(store: Store) -> None:
    produce, bench = FakeProducer(), FakeBench()
    result = search(store, request(TINY), Untrained(), produce, bench)
    assert (produce.calls, bench.calls, result.front) == ([], [], ())
    for trial in result.trials:
        outcome = trial.outcome
        assert (outcome.status, outcome.values, outcome.artifact) == (Status.INFEASIBLE, (), None)
        assert outcome.reasons[0].violation > 1
    (gate,) = result.trials[0].outcome.gates
    assert (gate.name, gate.stopped, gate.saved_seconds) == ("fit", True, 0.0)  # nothing was trained to compare with
    assert {failure.stage for failure in store.failures("s")} == {"fit"}


def test_what_keeps_to_its_limits_goes_on_and_has_passed_its_gates(store: Store) -> None:
    produce, untrained = FakeProducer(), Untrained()
    result = search(store, request(AMPLE), untrained, produce)
    assert len(produce.calls) == untrained.calls == len({trial.candidate.key for trial in result.trials})
    assert [(gate.name, gate.stopped) for gate in result.trials[0].outcome.gates] == [("fit", False)]


def test_instructions_are_counted_of_no_candidate_and_then_of_the_trained_one(store: Store) -> None:
    limit = Limit(name="instructions", sense="<=", bound=1e6, board=BOARD)
    quantized = replace(request(limit, gates=("instructions",), trials=1), techniques=("int8",))
    bench = FakeBench()
    result = search(store, quantized, Untrained(), bench=bench)
    assert bench.calls == [(UNTRAINED, BOARD), (result.trials[0].candidate.key, BOARD)]
    artifact = store.artifact_of(result.trials[0].candidate.key)
    assert artifact is not None
    assert artifact.sha256 == result.trials[0].outcome.artifact


def test_what_takes_too_many_instructions_untrained_is_not_trained(store: Store) -> None:
    limit = Limit(name="instructions", sense="<=", bound=10.0, board=BOARD)
    produce = FakeProducer()
    asked = replace(request(limit, gates=("instructions",), trials=1), techniques=("int8",))
    (trial,) = search(store, asked, Untrained(), produce).trials
    assert produce.calls == []
    assert (trial.outcome.status, trial.outcome.reasons[0].kind) == (Status.INFEASIBLE, "LimitViolated")


def test_without_gates_nothing_is_converted_before_its_training(store: Store) -> None:
    untrained = Untrained()
    search(store, request(TINY, gates=()), untrained)
    assert untrained.calls == 0


def test_what_no_operator_exists_for_is_infeasible_before_its_training(store: Store) -> None:
    produce = FakeProducer()
    result = search(store, request(AMPLE, trials=1), Untrained(UnsupportedModel("no kernel for it")), produce)
    assert (produce.calls, result.trials[0].outcome.status) == ([], Status.INFEASIBLE)


def test_a_conversion_that_fails_untrained_is_left_for_the_training_to_tell(store: Store) -> None:
    produce = FakeProducer()
    search(store, request(AMPLE, trials=1), Untrained(ToolError("crashed")), produce)
    assert len(produce.calls) == 1


def test_the_seconds_saved_are_those_that_its_family_usually_takes(store: Store) -> None:
    search(store, request(AMPLE, trials=3), Untrained(), FakeProducer(pause_seconds=0.05))
    wider = replace(request(trials=6, resume=True), limits=(AMPLE,))
    assert (
        search(store, wider, Untrained(UnsupportedModel("no kernel"))).trials[5].outcome.gates[0].saved_seconds > 0.04
    )


def test_a_study_that_is_resumed_keeps_the_gates_that_it_was_begun_with(store: Store) -> None:
    untrained = Untrained()
    search(store, request(TINY, gates=(), trials=1), untrained)
    search(store, request(TINY, trials=3, resume=True), untrained)
    assert untrained.calls == 0
    assert "gates" not in store.study("s").config  # as in a study of a harness that had none


def test_candidates_of_the_same_bytes_are_measured_once(store: Store) -> None:
    bench = FakeBench(pause_seconds=0.02)
    result = search(store, request(gates=(), trials=4), Untrained(), SameModel(FakeProducer()), bench)
    assert len(bench.calls) == 1
    first, *others = result.trials
    for trial in others:
        outcome = trial.outcome
        assert outcome.duplicate_of == first.number
        assert outcome.values == first.outcome.values
        assert outcome.parameters != first.outcome.parameters or trial.candidate == first.candidate
        assert outcome.gates[-1].name in ("model", "candidate")
        assert outcome.gates[-1].saved_seconds > 0.01
    assert result.front == (first.number,)


def test_a_candidate_that_comes_again_says_what_that_saved(store: Store) -> None:
    result = search(
        store, replace(request(gates=(), trials=30), techniques=()), Untrained(), FakeProducer(pause_seconds=0.01)
    )
    again = [trial for trial in result.trials if trial.outcome.duplicate_of is not None]
    assert again
    assert all(trial.outcome.gates[-1].saved_seconds > 0.005 for trial in again)


def test_the_sums_say_what_each_gate_did(store: Store) -> None:
    result = search(store, request(TINY, trials=2), Untrained())
    (total,) = gate_totals(result.trials)
    assert (total.name, total.looked_at, total.stopped, total.saved_seconds) == ("fit", 2, 2, 0.0)
    assert total.seconds > 0


def test_where_all_are_stopped_the_one_that_breaks_its_limits_least_is_the_nearest(store: Store) -> None:
    result = search(store, request(TINY, trials=2), Untrained())
    assert result.nearest == 0
    measured = search(store, replace(request(TINY, gates=(), trials=2), study="other"), Untrained())
    assert measured.nearest is not None
    mixed = replace(measured.trials[0], number=7)
    assert nearest_of([*result.trials, mixed]) == 7  # although it is beyond by more
