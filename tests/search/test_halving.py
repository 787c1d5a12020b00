# SPDX-License-Identifier: Apache-2.0
"""Which trainings are stopped at a rung, and that it depends on nothing that happens meanwhile."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from time import monotonic

from hypothesis import given
from hypothesis import strategies as st

from harness.records import Candidate, CompressionStep, How, Measurement
from harness.search import FinishedTrial, Objective, Status, TrialOutcome, Value
from harness.search.front import front_of
from harness.search.halving import MARGIN, Halving, is_useful
from harness.train import Rung, RungScore, Verdict
from tests.search.fakes import UNTRAINED, make_measurement

OBJECTIVES = (
    Objective(name="accuracy", direction="maximize"),
    Objective(name="instructions", direction="minimize", board="one"),
)
EPOCHS = 5
HALF = 0.05  # of an interval


def candidate(name: str) -> Candidate:
    return Candidate(task_key="0" * 64, family=name, parameters=(), compression=(), seed=1)


def finished(
    number: int, early: float, late: float | None, cost: float = 1000.0, *, status: Status = Status.COMPLETE
) -> FinishedTrial:
    """A trial with ``early`` accuracy at the rung, ``late`` at its end; stopped there where that is None."""
    rungs = ((f"rung_{EPOCHS}.accuracy", early),)
    if late is None:
        outcome = TrialOutcome(status=Status.STOPPED, parameters=(), metrics=rungs)
    else:
        outcome = TrialOutcome(
            status=status,
            parameters=(),
            values=(
                Value(objective="accuracy", value=late, how=How.HOST),
                Value(objective="instructions@one", value=cost, how=How.COUNTED),
            ),
            artifact=f"model {number}",
            metrics=(("validation_accuracy", late), *rungs),
        )
    return FinishedTrial(number=number, candidate=candidate(f"f{number}"), outcome=outcome)


def at_rung(accuracy: float, epochs: int = EPOCHS) -> Rung:
    score = RungScore(metric="accuracy", value=accuracy, interval=(accuracy - HALF, accuracy + HALF))
    return Rung(epochs=epochs, scores=(score,))


def verdict_of(accuracy: float, cost: float | None, earlier: Sequence[FinishedTrial]) -> tuple[Verdict, bool]:
    """Return how a training is judged, and whether its model was needed for it."""
    halving = make_halving(cost, earlier)
    verdict = halving.judge(at_rung(accuracy))
    if verdict is not Verdict.SHOW:
        return verdict, False
    return halving.judge(replace(at_rung(accuracy), model=b"model")), True


def make_halving(cost: float | None, earlier: Sequence[FinishedTrial]) -> Halving:
    def measure(_model: bytes, board: str) -> Measurement | None:
        if cost is None:
            return None
        made = make_measurement(UNTRAINED, board)
        assert made.instructions is not None
        return replace(made, instructions=replace(made.instructions, value=cost))

    return Halving(candidate=candidate("f"), objectives=OBJECTIVES, earlier=earlier, measure=measure, now=monotonic)


# Two bad ones, and three good ones, of which one is cheap.
EARLIER = (
    finished(0, 0.5, 0.6),
    finished(1, 0.5, 0.7),
    finished(2, 0.8, 0.9, 100.0),
    finished(3, 0.9, 0.95, 5000.0),
    finished(4, 0.9, 0.95, 6000.0),
)


def test_one_that_scores_less_and_costs_more_is_stopped() -> None:
    assert verdict_of(0.7, 1000.0, EARLIER) == (Verdict.STOP, True)


def test_a_small_one_is_not_stopped_for_its_accuracy_alone() -> None:
    assert verdict_of(0.1, 90.0, EARLIER) == (Verdict.GO_ON, True)
    assert verdict_of(0.1, 100.0 / (1 - MARGIN) - 1, EARLIER) == (Verdict.GO_ON, True)  # within the margin


def test_one_that_may_score_as_much_by_chance_goes_on() -> None:
    assert verdict_of(0.76, 1000.0, EARLIER) == (Verdict.GO_ON, True)  # 0.81 at best
    assert verdict_of(0.86, 1000.0, (*EARLIER[:2], *(finished(n, 0.9, 0.9, 100.0) for n in range(2, 6)))) == (
        Verdict.GO_ON,
        False,
    )


def test_the_better_half_goes_on_whatever_it_costs() -> None:
    assert verdict_of(0.81, 1e9, EARLIER) == (Verdict.GO_ON, False)
    assert verdict_of(0.7, 1e9, (*EARLIER, finished(5, 0.6, None))) == (
        Verdict.GO_ON,
        False,
    )  # three before, three after


def test_the_first_goes_on_and_one_of_which_the_rung_is_new() -> None:
    assert verdict_of(0.1, 1e9, ()) == (Verdict.GO_ON, False)
    assert make_halving(1e9, EARLIER).judge(at_rung(0.1, 7)) is Verdict.GO_ON


def test_a_score_without_an_interval_is_not_judged() -> None:
    bare = Rung(epochs=EPOCHS, scores=(RungScore(metric="accuracy", value=0.1),))
    assert make_halving(1e9, EARLIER).judge(bare) is Verdict.GO_ON


def test_what_was_stopped_itself_beats_nobody() -> None:
    stopped = tuple(finished(number, 0.9, None) for number in range(5))
    assert verdict_of(0.1, 1e9, stopped) == (Verdict.GO_ON, False)


def test_one_that_breaks_a_limit_beats_nobody() -> None:
    beyond = replace(EARLIER[2], outcome=replace(EARLIER[2].outcome, status=Status.INFEASIBLE))
    assert verdict_of(0.7, 1000.0, (*EARLIER[:2], beyond, *EARLIER[3:])) == (Verdict.GO_ON, True)


def test_what_cannot_be_measured_goes_on() -> None:
    assert verdict_of(0.7, None, EARLIER) == (Verdict.GO_ON, True)


def test_where_weights_decide_what_the_code_costs_nothing_is_judged() -> None:
    pruned = CompressionStep(name="magnitude_pruning", parameters=(("sparsity", 0.5),))
    halving = make_halving(1000.0, EARLIER)
    halving.candidate = replace(halving.candidate, compression=(pruned,))
    assert halving.judge(at_rung(0.7)) is Verdict.GO_ON


def test_costs_are_measured_once_for_all_rungs() -> None:
    later = tuple(
        replace(trial, outcome=replace(trial.outcome, metrics=(*trial.outcome.metrics, ("rung_10.accuracy", score))))
        for trial, score in zip(EARLIER, (0.5, 0.5, 0.8, 0.9, 0.9), strict=True)
    )
    halving = make_halving(90.0, later)
    assert halving.judge(at_rung(0.7)) is Verdict.SHOW
    assert halving.judge(replace(at_rung(0.7), model=b"model")) is Verdict.GO_ON
    assert halving.judge(at_rung(0.7, 10)) is Verdict.GO_ON  # not shown again
    assert halving.gate is not None
    assert not halving.gate.stopped


def test_it_is_useful_where_a_score_is_an_objective() -> None:
    assert is_useful(OBJECTIVES)
    assert not is_useful(OBJECTIVES[1:])


TRIALS = st.lists(
    st.tuples(st.floats(0, 1), st.one_of(st.none(), st.floats(0, 1)), st.floats(1, 1e6)), min_size=0, max_size=12
)


@given(TRIALS, st.floats(0, 1), st.floats(1, 1e6))
def test_nothing_is_stopped_that_is_on_the_front_by_its_score_at_the_rung_within_its_interval(
    trials: list[tuple[float, float | None, float]], accuracy: float, cost: float
) -> None:
    earlier = [finished(number, *each) for number, each in enumerate(trials)]
    verdict, _ = verdict_of(accuracy, cost, earlier)
    if verdict is Verdict.STOP:
        measured = [
            finished(number, early, early, paid)
            for number, (early, late, paid) in enumerate(trials)
            if late is not None
        ]
        at_best = finished(len(trials), accuracy, accuracy + HALF, cost)
        assert at_best.number not in front_of([*measured, at_best], OBJECTIVES)
        assert sum(early > accuracy for early, _, _ in trials) > len(trials) / 2


@given(TRIALS, st.floats(0, 1), st.floats(1, 1e6), st.randoms(use_true_random=False))
def test_in_which_order_others_ended_makes_no_difference(
    trials: list[tuple[float, float | None, float]], accuracy: float, cost: float, draw: random.Random
) -> None:
    earlier = [finished(number, *each) for number, each in enumerate(trials)]
    shuffled = draw.sample(earlier, len(earlier))
    assert verdict_of(accuracy, cost, earlier) == verdict_of(accuracy, cost, shuffled)


@given(TRIALS, st.floats(0, 1), st.floats(1, 1e6), st.floats(0.01, 1))
def test_what_costs_less_goes_on_where_the_dearer_one_does(
    trials: list[tuple[float, float | None, float]], accuracy: float, cost: float, share: float
) -> None:
    earlier = [finished(number, *each) for number, each in enumerate(trials)]
    if verdict_of(accuracy, cost, earlier)[0] is Verdict.GO_ON:
        assert verdict_of(accuracy, cost * share, earlier)[0] is Verdict.GO_ON
