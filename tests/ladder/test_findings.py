# SPDX-License-Identifier: Apache-2.0
"""What is called a problem, and which step is named."""

from __future__ import annotations

from itertools import pairwise

import pytest

from harness.ladder import Calibration, InputUse, Step, judge


def steps(*values: float, constant: str = "") -> list[Step]:
    names = ("float", "int8", "host", "board")
    drops = [None, *(above - value for above, value in pairwise(values))]
    return [
        Step(name=name, what="", value=value, drop=drop, constant=constant)
        for name, value, drop in zip(names, values, drops, strict=False)
    ]


def test_the_step_that_loses_most_is_named() -> None:
    culprit, problems = judge(steps(0.95, 0.91, 0.71, 0.7), "accuracy", allowed_drop=0.02, calibration=None, use=None)
    assert culprit == "host"
    assert problems == ("host loses 0.2000 of accuracy: 0.9100 before (int8), 0.7100 after",)


@pytest.mark.parametrize("values", [(0.9, 0.89, 0.88), (0.9, 0.95, 0.95), (0.5,)])
def test_what_is_allowed_is_no_problem(values: tuple[float, ...]) -> None:
    assert judge(steps(*values), "accuracy", allowed_drop=0.02, calibration=None, use=None) == (None, ())


def test_the_first_step_with_one_answer_for_all_is_named() -> None:
    _, problems = judge(steps(0.1, 0.1, constant="class 3"), "m", allowed_drop=1, calibration=None, use=None)
    assert problems == ("float gives the same answer for every sample: class 3",)


def test_calibration_without_effect_is_a_problem() -> None:
    idle, good = Calibration(samples=128, scales=7, changed=0), Calibration(samples=128, scales=7, changed=1)
    assert judge(steps(1), "m", allowed_drop=0, calibration=good, use=None) == (None, ())
    _, (problem,) = judge(steps(1), "m", allowed_drop=0, calibration=idle, use=None)
    assert "all alike" in problem


@pytest.mark.parametrize(
    ("use", "words"),
    [(InputUse(clipped=0.4, used=1.0), "40.0% of the input values"), (InputUse(clipped=0, used=0.004), "0.4% of")],
)
def test_an_input_that_does_not_suit_the_data_is_a_problem(use: InputUse, words: str) -> None:
    _, (problem,) = judge(steps(1), "m", allowed_drop=0, calibration=None, use=use)
    assert words in problem
