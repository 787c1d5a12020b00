# SPDX-License-Identifier: Apache-2.0
"""The final check: who is looked at, with which data, how it goes on, and what it finds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.errors import RigError, UserError
from harness.finals import Finals, FinalsEvent, expected_cost, load_finals
from harness.records import WAIT, BenchOutcome, Candidate, Failure, How
from harness.search import FinishedTrial, Limit, SearchResult, Status, TrialOutcome, Value, clock, load_finished
from harness.store import Store
from tests.finals.fakes import (
    DATA,
    HONEST,
    SAMPLES,
    STUDY_SEED,
    Maker,
    Meter,
    by_width,
    checked,
    searched,
    trial_of,
    wanted,
    width_of,
)
from tests.search.fakes import OBJECTIVES, make_failure


def flags_of(finals: Finals, found: SearchResult) -> dict[int, list[str]]:
    return {width: [flag.kind for flag in trial_of(finals, found, width).flags] for width in (1, 2, 3)}


def test_a_front_of_honest_models_survives_with_exact_scores_and_intervals(store: Store) -> None:
    found = searched(store, by_width(HONEST))
    finals = checked(store, found, by_width(HONEST))
    assert (finals.survives, finals.seeds, finals.trials, finals.metric) == (True, 3, 12, "accuracy")
    assert flags_of(finals, found) == {1: [], 2: [], 3: []}
    for width, shift in HONEST.items():
        judged = trial_of(finals, found, width)
        score = float(np.mean((DATA.test.inputs[:, 0] > shift) == DATA.test.targets))
        test = judged.own.test
        assert test is not None
        assert test.low is not None
        assert test.high is not None
        assert (test.value, test.samples, test.interval) == (score, SAMPLES, "wilson")
        assert test.low <= score <= test.high
        assert (judged.test_scores, judged.mean("accuracy"), judged.spread) == ((score,) * 3, score, 0.0)


def test_a_hundred_test_samples_go_through_the_firmware_of_the_models_found_and_none_of_others(store: Store) -> None:
    found = searched(store, by_width(HONEST))
    meter = Meter()
    finals = checked(store, found, by_width(HONEST), meter=meter)
    in_test = {sample.tobytes() for sample in DATA.test.inputs}
    for seed, samples in meter.samples:
        shared = sum(sample.tobytes() in in_test for sample in samples)
        assert shared == (100 if seed == STUDY_SEED else 0)
    for judged in finals.candidates:
        (streamed,) = judged.own.streamed
        assert (streamed.board, streamed.samples) == ("one", 100)
        assert 0.8 <= streamed.score <= 1.0
        assert not any(repeat.streamed for repeat in judged.repeats)


def test_each_finalist_is_trained_from_the_seeds_after_the_studys_and_its_own_model_is_not_trained_again(
    store: Store,
) -> None:
    found = searched(store, by_width(HONEST))
    maker = Maker(shift=by_width(HONEST))
    checked(store, found, by_width(HONEST), final=2, seeds=2, maker=maker)
    assert [candidate.seed for candidate in maker.calls] == [2, 2, 3, 3]
    assert [width_of(candidate) for candidate in maker.calls] == [3, 1, 3, 1]


def test_a_check_that_was_interrupted_goes_on_where_it_was(store: Store) -> None:
    found = searched(store, by_width(HONEST))
    cost = expected_cost(wanted(found), store)
    assert (cost.finalists, cost.trainings, cost.benches) == (3, 9, 12)
    assert cost.seconds == pytest.approx(9 * 2.0, abs=2.0)  # the maker says 2 s; benches take next to nothing

    def interrupt(event: FinalsEvent) -> None:
        if event.done == 5 and event.found is not None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        checked(store, found, by_width(HONEST), listen=interrupt)
    partial = load_finals(store, "s")
    assert partial is not None
    assert (len(partial.candidates), partial.seeds) == (3, 0)
    left = expected_cost(wanted(found), store)
    assert (left.trainings, left.benches) == (7, 7)
    maker = Maker(shift=by_width(HONEST))
    assert checked(store, found, by_width(HONEST), maker=maker).seeds == 3
    assert len(maker.calls) == 7
    assert expected_cost(wanted(found), store).nothing
    assert len(checked(store, found, by_width(HONEST), seeds=4).candidates[0].repeats) == 4


def test_a_model_that_other_seeds_do_not_repeat_is_a_lucky_draw_and_falls_off_the_front(store: Store) -> None:
    shift = by_width(HONEST, {1: 0.2, 2: 0.6, 3: 0.0})
    found = searched(store, shift)
    finals = checked(store, found, shift)
    assert flags_of(finals, found) == {1: [], 2: ["lucky", "beaten"], 3: []}
    assert not finals.survives
    assert trial_of(finals, found, 2).flags[1].message.startswith(f"trial {trial_of(finals, found, 1).trial} ")


def test_a_score_that_test_data_do_not_confirm_is_a_promise_not_kept(store: Store) -> None:
    found = searched(store, by_width(HONEST))
    finals = checked(store, found, by_width(HONEST), noise=0.1)
    assert flags_of(finals, found) == {1: ["promised"], 2: ["promised"], 3: ["promised"]}
    assert "validation" in finals.candidates[0].flags[0].message


def test_the_seconds_of_a_check_are_without_the_wait_for_a_board_that_another_has(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]

    class Occupied(Meter):
        def __call__(self, *arguments: Any, **options: Any) -> BenchOutcome:
            now[0] += 602.0
            outcome = super().__call__(*arguments, **options)
            return replace(outcome, seconds=(("measuring", 2.0), (WAIT, 600.0)))

    monkeypatch.setattr(clock, "monotonic", lambda: now[0])
    finals = checked(store, searched(store, by_width(HONEST)), by_width(HONEST), meter=Occupied())
    assert [judged.own.seconds for judged in finals.candidates] == [2.0] * 3


def test_without_other_seeds_the_models_own_scores_are_compared(store: Store) -> None:
    found = searched(store, by_width(HONEST))
    finals = checked(store, found, by_width(HONEST), seeds=0)
    assert (finals.seeds, finals.survives) == (0, True)
    assert all(judged.mean("accuracy") == judged.own.test.value for judged in finals.candidates if judged.own.test)


def test_a_training_or_a_device_that_fails_for_another_seed_is_a_finding(store: Store) -> None:
    def fault(candidate: Candidate) -> Failure | None:
        return make_failure("WrongAnswer") if (candidate.seed, width_of(candidate)) == (3, 1) else None

    found = searched(store, by_width(HONEST))
    finals = checked(store, found, by_width(HONEST), meter=Meter(fault=fault))
    assert flags_of(finals, found) == {1: ["failed"], 2: [], 3: []}
    judged = trial_of(finals, found, 1)
    assert "1 of 3" in judged.flags[0].message
    assert len(judged.test_scores) == 2


def test_a_board_that_fails_twice_stops_the_check_and_what_was_done_is_kept(store: Store) -> None:
    broken = Meter(fault=lambda c: make_failure("LinkTimeout", number=c.seed) if c.seed == 2 else None)
    found = searched(store, by_width(HONEST))
    with pytest.raises(RigError, match="one"):
        checked(store, found, by_width(HONEST), meter=broken)
    kept = load_finals(store, "s")
    assert kept is not None
    assert all(judged.own.test is not None for judged in kept.candidates)
    assert checked(store, found, by_width(HONEST)).survives


def test_limits_hold_for_the_means_over_the_seeds(store: Store) -> None:
    limits = (Limit(name="accuracy", sense=">=", bound=0.85), Limit(name="ram", sense="<=", bound=250, board="one"))
    found = searched(store, by_width(HONEST), limits=limits)
    assert len(found.front) == 2  # width 3 takes 300 bytes
    finals = checked(store, found, by_width(HONEST, {1: 0.32, 2: 0.1}), limits=limits)
    kinds = {width: [flag.kind for flag in trial_of(finals, found, width).flags] for width in (1, 2)}
    assert kinds == {1: ["lucky", "limit"], 2: []}
    assert "accuracy is 0.8" in trial_of(finals, found, 1).flags[1].message


def test_a_check_of_a_front_that_has_changed_is_of_those_that_are_on_it_now(store: Store) -> None:
    shift = by_width({1: 0.2, 2: 0.3, 3: 0.0})  # width 2 is beaten by width 1
    found = searched(store, shift, trials=12)
    first = replace(found, trials=found.trials[:6], front=tuple(t.number for t in found.trials[:6]))
    assert len(checked(store, first, shift, final=6, seeds=0).candidates) == 6
    finals = checked(store, found, shift, final=6, seeds=0)
    assert ({each.trial for each in finals.candidates}, finals.trials) == (set(found.front), 12)


def test_finalists_are_the_best_in_each_objective_then_the_best_of_the_rest_by_the_first(store: Store) -> None:
    searched(store, by_width(HONEST), trials=1)
    candidate = next(trial.candidate for trial in load_finished(store, "s"))

    def trial(number: int, *figures: float) -> FinishedTrial:
        keys = [objective.key for objective in OBJECTIVES]
        values = tuple(Value(objective=k, value=v, how=How.COUNTED) for k, v in zip(keys, figures, strict=True))
        outcome = TrialOutcome(status=Status.COMPLETE, parameters=(), values=values, artifact="a" * 64)
        return FinishedTrial(number=number, candidate=candidate, outcome=outcome)

    trials = (trial(0, 0.80, 10, 30), trial(1, 0.90, 20, 20), trial(2, 0.95, 30, 40), trial(3, 0.85, 15, 10))
    found = SearchResult(
        study="s", ended="trials", trials=(*trials, trial(4, 0.99, 1, 1)), front=(0, 1, 2, 3), quarantined=()
    )
    chosen = [[each.trial for each in wanted(found, final=most).finalists] for most in range(6)]
    assert chosen == [[], [2], [2, 0], [2, 0, 3], [2, 0, 3, 1], [2, 0, 3, 1]]


def test_a_study_without_a_check_has_none_and_one_that_is_not_there_is_an_error(store: Store) -> None:
    searched(store, by_width(HONEST), trials=1)
    assert load_finals(store, "s") is None
    with pytest.raises(UserError):
        load_finals(store, "none")
