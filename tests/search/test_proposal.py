# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import pytest

from harness.errors import BadTask
from harness.search.drivers import optuna
from harness.search.proposal import make_candidate, parameters_of, propose
from harness.tasks import Build, FixedSpace, Space
from tests.search.fakes import TASK, TASK_KEY, TECHNIQUES


def test_parameters_and_candidates_round_trip() -> None:
    driver = optuna.create(lambda space: propose(space, TASK.task, TECHNIQUES), ["minimize"], 5)
    seen = set()
    for number in range(100):  # told of nothing, so that all are drawn at random
        parameters = driver.ask(number)
        candidate = make_candidate(propose(FixedSpace(dict(parameters)), TASK.task, TECHNIQUES), TASK_KEY, 0)
        assert parameters_of(candidate, TECHNIQUES) == parameters
        seen.add((candidate.family, tuple(step.name for step in candidate.compression)))
    assert len(seen) == 12  # two families, three prunings, two types


def test_without_techniques_there_is_nothing_to_choose() -> None:
    proposal = propose(FixedSpace({"family": "narrow", "narrow.width": 3}), TASK.task, ())
    assert proposal.compression == ()
    assert proposal.parameters == (("family", "narrow"), ("narrow.width", 3))


def test_a_parameter_out_of_bounds_is_refused() -> None:
    with pytest.raises(BadTask, match="width is 9"):
        propose(FixedSpace({"family": "narrow", "narrow.width": 9}), TASK.task, ())


def test_a_family_that_raises_while_it_takes_its_parameters_is_a_bad_task() -> None:
    def broken(space: Space) -> Build:
        space.suggest_categorical("kind", ("a", "b"))
        space.suggest_int("kind", 1, 4)  # optuna refuses another kind of parameter of the same name
        return list

    task = replace(TASK.task, families={"broken": broken})
    driver = optuna.create(lambda space: propose(space, task, ()), ["minimize"], 5)
    with pytest.raises(BadTask, match="the family 'broken' cannot take its parameters: ValueError") as caught:
        driver.ask(0)
    assert "Traceback" in caught.value.log
