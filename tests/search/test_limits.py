# SPDX-License-Identifier: Apache-2.0
"""Limits: how they are written, by how much they are broken, and what a search makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.boards import load_board
from harness.errors import UserError
from harness.search import FinishedTrial, Limit, Status, parse_limits
from harness.search.drivers import optuna
from harness.store import Store, open_store
from harness.tasks import Space
from tests.search.fakes import FakeBench, make_failure, make_request, search

M4, RISCV, REAL = map(load_board, ("mps2_an386", "riscv32_virt", "nucleo_l4r5zi"))


def figures(trial: FinishedTrial) -> dict[str, float]:
    return {value.objective: value.value for value in trial.outcome.values}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("ram<=32KiB", ["ram@mps2_an386 <= 32,768 bytes", "ram@riscv32_virt <= 32,768 bytes"]),
        ("ram.total_bytes@mps2_an386<=1.5kB", ["ram@mps2_an386 <= 1,500 bytes"]),
        ("flash.weights_bytes@riscv32_virt <= 1e5", ["flash.weights_bytes@riscv32_virt <= 100,000 bytes"]),
        ("instructions@mps2_an386<=2M", ["instructions@mps2_an386 <= 2,000,000"]),
        ("accuracy>=95%", ["accuracy >= 0.95"]),
        ("mps2_an386:ram.total_bytes<=32KiB", ["ram@mps2_an386 <= 32,768 bytes"]),
        ("mps2_an386:cycles <= 3M", ["cycles@mps2_an386 <= 3,000,000"]),
        ("accuracy>=-0.5", ["accuracy >= -0.5"]),
        ("model_bytes<=20kB", ["model_bytes <= 20,000 bytes"]),
    ],
)
def test_limits_are_read_from_text_with_their_units(text: str, wanted: list[str]) -> None:
    assert list(map(str, parse_limits([text], ("accuracy",), [M4, RISCV]))) == wanted


def test_latency_and_energy_have_units_of_their_own() -> None:
    found = parse_limits(["latency<=20ms", "energy<=1.5mJ"], ("accuracy",), [REAL])
    assert [(limit.name, limit.bound) for limit in found] == [("latency", 20_000.0), ("energy", 1_500.0)]
    assert [limit.text(12_345.678, 6) for limit in found] == ["12,345.7 us", "12,345.7 uJ"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ram", "not of the form"),
        ("ram<5", "not of the form"),
        ("ram<=", "not of the form"),
        ("ram<=1.2.3", "is no number"),
        ("ram<=1e999KiB", "too large"),
        ("ram<=-1", "never below 0"),
        ("ram<=32kib", "Valid: B, KiB"),
        ("ram<=5ms", "has no unit 'ms'"),
        ("rom<=5", "there is no figure 'rom'"),
        ("ram@esp32<=5", "not searched on"),
        ("accuracy@mps2_an386>=0.5", "no figure of a board"),
        ("latency<=5ms", "emulated instructions are not time"),
        ("$(rm)<=1", "not of the form"),
    ],
)
def test_a_wrong_limit_is_refused_with_what_is_right(text: str, says: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_limits([text], ("accuracy",), [M4])
    assert says in str(caught.value)


def test_a_violation_is_the_share_of_the_bound_that_a_value_is_beyond() -> None:
    at_most = Limit(name="ram", sense="<=", bound=200.0, board="one")
    at_least = Limit(name="accuracy", sense=">=", bound=0.8)
    assert [at_most.violation(value) for value in (100, 200, 300)] == [0.0, 0.0, 0.5]
    assert [at_least.violation(value) for value in (0.9, 0.8)] == [0.0, 0.0]
    assert at_least.violation(0.6) == pytest.approx(0.25)
    assert Limit(name="ram", sense="<=", bound=0.0, board="one").violation(3) == 3.0


def test_the_front_has_only_what_meets_all_limits_and_the_rest_tells_by_how_much_it_does_not(store: Store) -> None:
    limit = Limit(name="ram", sense="<=", bound=30_000.0, board="one")
    found = search(store, make_request(trials=12, limits=(limit,)))
    ram = {trial.number: figures(trial)["ram@one"] for trial in found.trials}
    broken = {trial.number: trial.outcome for trial in found.trials if trial.outcome.status is Status.INFEASIBLE}
    assert set(broken) == {number for number, value in ram.items() if value > 30_000}
    assert broken, "a test of limits needs some that break them"
    assert not set(found.front) & set(broken)
    assert found.front
    assert found.nearest is None
    for number, outcome in broken.items():
        assert [reason.kind for reason in outcome.reasons] == ["LimitViolated"]
        assert outcome.reasons[0].violation == pytest.approx((ram[number] - 30_000) / 30_000)
        assert outcome.reasons[0].message == f"ram@one is {ram[number]:,.10g} bytes, and shall be <= 30,000 bytes"


def test_where_none_meets_the_limits_the_least_violating_one_is_named(store: Store) -> None:
    limits = (
        Limit(name="ram", sense="<=", bound=50.0, board="one"),
        Limit(name="accuracy", sense=">=", bound=2.0),
    )
    found = search(store, make_request(trials=8, limits=limits))
    assert found.front == ()
    off = {t.number: sum(reason.violation for reason in t.outcome.reasons) for t in found.trials}
    assert found.nearest == min(off, key=lambda number: (off[number], number))
    assert all(len(trial.outcome.reasons) == 2 for trial in found.trials)


def test_what_failed_on_a_board_is_not_held_against_limits_too(store: Store) -> None:

    bench = FakeBench(fault=lambda _model, _board: make_failure("DoesNotFit", violation=7.0))
    limit = Limit(name="ram", sense="<=", bound=1.0, board="one")
    found = search(store, make_request(trials=2, limits=(limit,)), bench=bench)
    assert [[reason.kind for reason in trial.outcome.reasons] for trial in found.trials] == [["DoesNotFit"]] * 2
    assert found.nearest is None


def test_a_study_is_not_resumed_under_other_limits(tmp_path: Path) -> None:
    limit = Limit(name="ram", sense="<=", bound=1.0, board="one")
    with open_store(tmp_path / "r") as store:
        search(store, make_request(trials=1))
        with pytest.raises(UserError, match="limits"):
            search(store, make_request(trials=2, limits=(limit,), resume=True))


def test_the_driver_learns_from_what_was_measured_and_breaks_a_limit() -> None:
    def define(space: Space) -> None:
        space.suggest_int("x", 0, 1000)

    def search_with(violation: float) -> list[int]:
        driver = optuna.create(define, ("minimize",), 5)
        asked = []
        for number in range(40):
            parameters = driver.ask(number)
            x = int(dict(parameters)["x"])
            asked.append(x)
            off = max(0, 500 - x) / 500 * violation
            driver.tell(parameters, Status.INFEASIBLE if off else Status.COMPLETE, (float(x),), off)
        return asked[20:]

    limited, free = search_with(1.0), search_with(0.0)
    assert sum(x >= 500 for x in limited) > sum(x >= 500 for x in free)
