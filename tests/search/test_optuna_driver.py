# SPDX-License-Identifier: Apache-2.0
"""What a driver promises, by each of Optuna's samplers."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import pytest

from harness import registry
from harness.errors import UserError
from harness.records import Parameters
from harness.search import Direction
from harness.search.drivers import Define, Driver, optuna
from harness.search.outcome import Status
from harness.search.samplers import FAMILY, STARTUP_TRIALS
from harness.tasks import Space

DIRECTIONS: tuple[Direction, ...] = ("maximize", "minimize")
TRIALS = 3 * STARTUP_TRIALS  # three generations of a genetic sampler
NO_TORCH = pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed: pip install '.[gp]'")
SAMPLERS = [pytest.param(name, marks=NO_TORCH if name == "gp" else ()) for name in registry.names(FAMILY)]
LEARNING = [each for each in SAMPLERS if each.values != ("random",)]


def define(space: Space) -> None:
    if space.suggest_categorical("kind", ("line", "plane")) == "line":
        space.suggest_int("length", 0, 100)
    else:
        space.suggest_int("width", 0, 100, step=5)
        space.suggest_float("height", 0.0, 1.0)


def box(space: Space) -> None:
    space.suggest_float("x", 0.0, 1.0)


def make(sampler: str, seed: int = 3, using: Define = define) -> Driver:
    return optuna.create(using, DIRECTIONS, seed, sampler)


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


@pytest.fixture(scope="module", params=SAMPLERS)
def sampler(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def whole(sampler: str) -> list[Parameters]:
    return propose(make(sampler), range(TRIALS))


def test_the_same_seed_gives_the_same_proposals(sampler: str, whole: list[Parameters]) -> None:
    assert propose(make(sampler), range(TRIALS)) == whole


def test_another_seed_gives_other_proposals(sampler: str) -> None:
    assert propose(make(sampler, seed=3), range(5)) != propose(make(sampler, seed=4), range(5))


@pytest.mark.parametrize("stop", [10, 17, 25])
def test_a_driver_that_is_told_the_same_anew_goes_on_as_the_first_one(
    sampler: str, whole: list[Parameters], stop: int
) -> None:
    resumed = make(sampler)
    for parameters in whole[:stop]:
        resumed.tell(parameters, *judge(parameters))

    assert propose(resumed, range(stop, TRIALS)) == whole[stop:]


def test_asking_twice_changes_nothing(sampler: str, whole: list[Parameters]) -> None:
    driver = make(sampler)
    for parameters in whole[:12]:
        driver.tell(parameters, *judge(parameters))
    assert driver.ask(12) == driver.ask(12) == whole[12]


def test_nothing_is_printed_into_the_display(sampler: str, capfd: pytest.CaptureFixture[str]) -> None:
    propose(make(sampler), range(14))
    assert capfd.readouterr() == ("", "")


def test_proposals_keep_to_the_branch_of_the_space_that_they_chose(whole: list[Parameters]) -> None:
    for parameters in whole:
        names = {name for name, _ in parameters}
        assert names in ({"kind", "length"}, {"kind", "width", "height"})


@pytest.mark.parametrize("measured", [False, True])
@pytest.mark.parametrize("sampler", LEARNING)
def test_infeasible_proposals_become_rarer_than_at_random(sampler: str, measured: bool) -> None:
    driver = make(sampler, using=box)
    infeasible = []
    for number in range(50):
        parameters = driver.ask(number)
        x = float(dict(parameters)["x"])
        infeasible.append(x > 0.3)
        if x > 0.3:
            driver.tell(parameters, Status.INFEASIBLE, (x, x) if measured else (), x - 0.3)
        else:
            driver.tell(parameters, Status.COMPLETE, (x, x), 0.0)
    assert sum(infeasible[-20:]) / 20 < 0.5 < sum(infeasible[:STARTUP_TRIALS]) / STARTUP_TRIALS


@pytest.mark.parametrize("sampler", LEARNING)
def test_the_front_is_approached_in_every_branch(sampler: str) -> None:
    def distance(parameters: Parameters) -> float:
        values = dict(parameters)
        place = float(values.get("length", values.get("width", 0))) + 100 * float(values.get("height", 0.0))
        return abs(place - 20)

    driver, found = make(sampler), []
    for number in range(60):
        parameters = driver.ask(number)
        found.append(distance(parameters))
        driver.tell(parameters, Status.COMPLETE, (-found[-1], found[-1]), 0.0)
    assert sum(found[-20:]) < 0.6 * sum(found[:20])


def test_failed_trials_are_survived_even_if_there_are_no_others(sampler: str) -> None:
    driver = make(sampler)
    for number in range(13):
        driver.tell(driver.ask(number), Status.FAILED, (), 0.0)
    assert driver.ask(15)


def test_infeasible_trials_are_survived_even_if_there_are_no_others(sampler: str) -> None:
    driver = make(sampler)
    for number in range(13):
        driver.tell(driver.ask(number), Status.INFEASIBLE, (), 2.0**30)
    assert driver.ask(15)


def test_a_space_whose_bounds_depend_on_a_choice_is_survived(sampler: str) -> None:
    def nested(space: Space) -> None:
        space.suggest_int("size", 0, 10 * space.suggest_int("scale", 1, 3))

    driver = make(sampler, using=nested)
    for number in range(25):
        parameters = driver.ask(number)
        size, scale = float(dict(parameters)["size"]), float(dict(parameters)["scale"])
        driver.tell(parameters, Status.COMPLETE, (size, scale), 0.0)


def test_an_unknown_sampler_is_named_with_those_that_there_are() -> None:
    with pytest.raises(UserError, match="tpa") as caught:
        make("tpa")
    assert "tpe" in str(caught.value.hint)


def test_without_torch_the_sampler_gp_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # as where it is not installed
    with pytest.raises(UserError, match="needs the package torch") as caught:
        make("gp")
    assert "mcu-harness[gp]" in str(caught.value.hint)
