# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from harness.records import Parameters
from harness.search import Direction
from harness.search.drivers import Define, Driver, optuna
from harness.search.outcome import Status
from harness.tasks import Space

DIRECTIONS: tuple[Direction, ...] = ("maximize", "minimize")


def define(space: Space) -> None:
    if space.suggest_categorical("kind", ("line", "plane")) == "line":
        space.suggest_int("length", 0, 100)
    else:
        space.suggest_int("width", 0, 100, step=5)
        space.suggest_float("height", 0.0, 1.0)


def make(seed: int = 3, using: Define = define) -> Driver:
    return optuna.create(using, DIRECTIONS, seed)


def judge(parameters: Parameters) -> tuple[Status, tuple[float, ...], float]:
    values = dict(parameters)
    if values["kind"] == "plane" and float(values["height"]) > 0.5:
        return Status.INFEASIBLE, (), float(values["height"])
    if values["kind"] == "line" and int(values["length"]) % 7 == 0:
        return Status.FAILED, (), 0.0
    size = float(values.get("length", values.get("width", 0)))
    return Status.COMPLETE, (size, (size - 50) ** 2), 0.0


def propose(driver: Driver, numbers: range) -> list[Parameters]:
    proposals = []
    for number in numbers:
        parameters = driver.ask(number)
        driver.tell(parameters, *judge(parameters))
        proposals.append(parameters)
    return proposals


def test_the_same_seed_gives_the_same_proposals(whole: list[Parameters]) -> None:
    assert propose(make(), range(20)) == whole


@pytest.fixture(scope="module")
def whole() -> list[Parameters]:
    return propose(make(), range(20))


def test_another_seed_gives_other_proposals() -> None:
    assert propose(make(seed=3), range(5)) != propose(make(seed=4), range(5))


@pytest.mark.parametrize("stop", [0, 9, 10, 17])
def test_a_driver_that_is_told_the_same_anew_goes_on_as_the_first_one(whole: list[Parameters], stop: int) -> None:
    resumed = make()
    for parameters in whole[:stop]:
        resumed.tell(parameters, *judge(parameters))

    assert propose(resumed, range(stop, 20)) == whole[stop:]


def test_asking_twice_changes_nothing(whole: list[Parameters]) -> None:
    driver = make()
    for parameters in whole[:12]:
        driver.tell(parameters, *judge(parameters))
    assert driver.ask(12) == driver.ask(12) == whole[12]


def test_proposals_keep_to_the_branch_of_the_space_that_they_chose(whole: list[Parameters]) -> None:
    for parameters in whole:
        names = {name for name, _ in parameters}
        assert names in ({"kind", "length"}, {"kind", "width", "height"})


def test_infeasible_proposals_become_rarer_than_at_random() -> None:
    def box(space: Space) -> None:
        space.suggest_float("x", 0.0, 1.0)

    driver = make(using=box)
    infeasible = []
    for number in range(50):
        parameters = driver.ask(number)
        x = float(dict(parameters)["x"])
        infeasible.append(x > 0.3)
        if x > 0.3:
            driver.tell(parameters, Status.INFEASIBLE, (), x - 0.3)
        else:
            driver.tell(parameters, Status.COMPLETE, (x, x), 0.0)
    assert sum(infeasible[-20:]) < 10 < sum(infeasible[:20])


def test_failed_trials_are_survived_even_if_there_are_no_others() -> None:
    driver = make()
    for number in range(13):
        driver.tell(driver.ask(number), Status.FAILED, (), 0.0)
    assert driver.ask(15)
