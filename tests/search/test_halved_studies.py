# SPDX-License-Identifier: Apache-2.0
"""Studies with halving: the same trainings are stopped whichever ends first, and after a kill.

Wide networks cost much and learn nothing but in one mode; of the narrow ones the least learns least.
"""

from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from harness.records import Artifact, BenchOutcome, Candidate, canonical_json
from harness.search import Limit, SearchRequest, SearchResult, Status, TrialOutcome, run
from harness.search.gates import gate_totals
from harness.search.request import Watch
from harness.store import Store, open_store
from harness.train import Halted, Judge, Trained, Verdict
from tests.search.fakes import FakeBench, FakeProducer, make_request, number_of
from tests.search.test_halving import EPOCHS, OBJECTIVES, at_rung
from tests.search.test_optuna_driver import LEARNING


def accuracy_of(candidate: Candidate) -> float:
    luck = number_of(candidate.key) / 65536 / 20
    parameters = dict(candidate.parameters)
    if candidate.family == "wide":
        return luck + (0.9 if parameters["mode"] == "a" else 0.3)
    return luck + (0.2 if parameters["width"] == 1 else 0.7)


def cost_of(model: bytes) -> float:
    candidate = json.loads(model)
    width = dict(candidate["parameters"])["width"]
    return float(10 * width if candidate["family"] == "narrow" else 1000 + width)


@dataclass(slots=True)
class InRungs(FakeProducer):
    """Trains in no time, with one rung."""

    shown: list[str] = field(default_factory=list)
    jitter_seconds: float = 0.0

    def __call__(self, candidate: Candidate, *, watch: Watch, judge: Judge | None = None) -> Trained:
        time.sleep(random.uniform(0, self.jitter_seconds))
        rung = at_rung(accuracy_of(candidate))
        verdict = judge(rung) if judge is not None else Verdict.GO_ON
        if judge is not None and verdict is Verdict.SHOW:
            self.shown.append(candidate.key)
            verdict = judge(replace(rung, model=canonical_json(candidate).encode()))
        if verdict is Verdict.STOP:
            raise Halted(0.25)
        made = FakeProducer.__call__(self, candidate, watch=watch)
        metrics = (
            ("validation_accuracy", accuracy_of(candidate)),
            (f"rung_{EPOCHS}.accuracy", rung.scores[0].value),
        )
        artifact: Artifact = replace(made.artifact, metrics=metrics)
        return replace(made, artifact=artifact, seconds=(("train", 1.0),))


class CostBench(FakeBench):
    """Counts instructions by the size of the network."""

    def __call__(self, model: bytes, candidate: Candidate | None, board: str, *, watch: Watch) -> BenchOutcome:
        outcome = super().__call__(model, candidate, board, watch=watch)
        measured = outcome.measurement
        assert measured is not None
        assert measured.instructions is not None
        instructions = replace(measured.instructions, value=cost_of(model))
        return replace(outcome, measurement=replace(measured, instructions=instructions))


def request(trials: int = 24, jobs: int = 1, *, resume: bool = False, halving: bool = True) -> SearchRequest:
    made = make_request(trials=trials, jobs=jobs, resume=resume, objectives=OBJECTIVES, techniques=(), sampler="random")
    return replace(made, halving=halving)


def search(store: Store, asked: SearchRequest, produce: InRungs | None = None) -> SearchResult:
    maker = produce or InRungs()
    return run(asked, store=store, produce=maker, bench=CostBench(), produce_in_rungs=maker)


def ends(result: SearchResult) -> list[tuple[Candidate, TrialOutcome]]:
    """Everything but the times."""
    found = []
    for trial in result.trials:
        gates = tuple(replace(gate, seconds=0.0, saved_seconds=0.0) for gate in trial.outcome.gates)
        found.append((trial.candidate, replace(trial.outcome, seconds=(), gates=gates)))
    return found


def test_bad_and_dear_ones_are_stopped_and_small_ones_kept(store: Store) -> None:
    produce = InRungs()
    result = search(store, request(), produce)
    stopped = [trial for trial in result.trials if trial.outcome.status is Status.STOPPED]
    assert {trial.candidate.family for trial in stopped} == {"wide"}
    assert len(stopped) >= 4
    assert not {trial.candidate.key for trial in stopped} & set(produce.calls)
    least = [
        trial for trial in result.trials if trial.outcome.parameters == (("family", "narrow"), ("narrow.width", 1))
    ]
    assert {trial.outcome.status for trial in least} == {Status.COMPLETE}
    (one, *_) = stopped
    assert (one.outcome.values, one.outcome.artifact) == ((), None)
    assert "after 5 epochs (accuracy 0.3" in one.outcome.reasons[0].message
    (total,) = [total for total in gate_totals(result.trials) if total.name == "halving"]
    assert total.stopped == len({trial.candidate.key for trial in stopped})
    assert total.saved_seconds == pytest.approx(0.75 * total.stopped, rel=0.2)  # of a second each, a quarter was spent


def test_without_halving_nothing_is_stopped(store: Store) -> None:
    result = search(store, request(halving=False))
    assert {trial.outcome.status for trial in result.trials} == {Status.COMPLETE}
    assert "halving" not in store.study("s").config


def test_a_study_that_is_resumed_goes_on_with_the_halving_that_it_was_begun_with(tmp_path: Path) -> None:
    for name, halving in (("with", True), ("without", False)):
        with open_store(tmp_path / name) as store:
            search(store, request(3, halving=halving))
            search(store, request(24, resume=True, halving=not halving))
            stopped = [trial for trial in search(store, request(24, resume=True)).trials if not trial.outcome.artifact]
            assert bool(stopped) is halving


@pytest.mark.parametrize("jobs", [1, 3])
def test_the_same_are_stopped_whichever_ends_first_and_after_a_resume(tmp_path: Path, jobs: int) -> None:
    results = []
    for name in ("a", "b"):
        with open_store(tmp_path / name) as store:
            results.append(ends(search(store, request(jobs=jobs), InRungs(jitter_seconds=0.02))))
    with open_store(tmp_path / "c") as store:
        for trials in (7, 15):
            search(store, request(trials, jobs, resume=trials > 7), InRungs(jitter_seconds=0.02))
        results.append(ends(search(store, request(jobs=jobs, resume=True))))
    assert results[0] == results[1] == results[2]
    assert any(outcome.status is Status.STOPPED for _, outcome in results[0])


class Killed(BaseException):
    """Ends a search as abruptly as an exception can."""


def test_one_that_was_killed_at_its_rung_or_on_the_bench_after_it_ends_as_it_would_have(tmp_path: Path) -> None:
    with open_store(tmp_path / "whole") as store:
        whole = search(store, request())

    class Dying(CostBench):
        """Dies at every third call of a session."""

        def __call__(self, model: bytes, candidate: Candidate | None, board: str, *, watch: Watch) -> BenchOutcome:
            if len(self.calls) == 2:
                raise Killed
            return super().__call__(model, candidate, board, watch=watch)

    with open_store(tmp_path / "killed") as store:
        for session in range(60):
            maker = InRungs()
            try:
                run(request(resume=session > 0), store=store, produce=maker, bench=Dying(), produce_in_rungs=maker)
            except Killed:
                continue
            break
        killed = search(store, request(resume=True))

    def without_gates(result: SearchResult) -> list[tuple[Candidate, TrialOutcome]]:
        # A model that was trained before the kill is not judged again, so that no gate looked at it.
        return [(candidate, replace(outcome, gates=())) for candidate, outcome in ends(result)]

    assert session > 3
    assert without_gates(whole) == without_gates(killed)


@pytest.mark.parametrize("sampler", LEARNING)
def test_every_sampler_goes_on_with_what_was_stopped_and_from_it_after_a_resume(tmp_path: Path, sampler: str) -> None:
    limit = Limit(name="ram", sense="<=", bound=60_000.0, board="one")
    asked = replace(request(21), sampler=sampler, limits=(limit,))
    with open_store(tmp_path / "whole") as store:
        whole = ends(search(store, asked))
    with open_store(tmp_path / "parts") as store:
        search(store, replace(asked, trials=17))
        assert ends(search(store, replace(asked, resume=True))) == whole
    known = {outcome.status for _, outcome in whole[:17]}
    assert known >= {Status.STOPPED, Status.INFEASIBLE, Status.COMPLETE}
