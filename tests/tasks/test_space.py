# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from typing import Any

import pytest

from harness.errors import BadTask
from harness.records import Scalar
from harness.tasks import CornerSpace, FixedSpace, RecordingSpace


def test_known_parameters_are_replayed_and_recorded_without_their_prefix() -> None:
    space = RecordingSpace(FixedSpace({"f.n": 4, "f.x": 0.5, "f.c": "b"}), prefix="f.")
    assert space.suggest_int("n", 2, 8, step=2) == 4
    assert space.suggest_float("x", 0.0, 1.0) == 0.5
    assert space.suggest_categorical("c", ("a", "b")) == "b"
    assert space.parameters == (("c", "b"), ("n", 4), ("x", 0.5))


@pytest.mark.parametrize("value", [1, 9, 5, 4.0, True, "4"])
def test_a_number_out_of_bounds_or_of_another_type_is_refused(value: Scalar) -> None:
    with pytest.raises(BadTask, match=r"n is .* whole number from 2 to 8 in steps of 2"):
        FixedSpace({"n": value}).suggest_int("n", 2, 8, step=2)


@pytest.mark.parametrize("value", [-0.1, 1.1, True, "0.5", float("nan")])
def test_a_float_out_of_bounds_or_of_another_type_is_refused(value: Scalar) -> None:
    with pytest.raises(BadTask, match=r"x is .* number from 0 to 1"):
        FixedSpace({"x": value}).suggest_float("x", 0.0, 1.0)


@pytest.mark.parametrize("value", ["c", True, 1.0])
def test_a_choice_that_is_none_is_refused(value: Scalar) -> None:
    with pytest.raises(BadTask, match=r"c is .* one of 'a', 1"):
        FixedSpace({"c": value}).suggest_categorical("c", ("a", 1))


def test_a_missing_parameter_is_named_with_those_given() -> None:
    with pytest.raises(BadTask) as caught:
        FixedSpace({"width": 3}).suggest_int("widht", 1, 4)
    assert "'widht' is missing" in str(caught.value)
    assert "Given: width." in str(caught.value)


def test_one_name_for_two_parameters_is_refused() -> None:
    space = RecordingSpace(FixedSpace({"a.n": 1, "b.n": 2}), prefix="a.")
    space.suggest_int("n", 0, 3)
    clash = RecordingSpace(FixedSpace({"a.n": 2}), prefix="a.", taken=space.taken)
    with pytest.raises(BadTask, match="'n' is suggested twice"):
        clash.suggest_int("n", 0, 3)


@pytest.mark.parametrize("largest", [False, True])
def test_what_nothing_can_be_taken_of_is_refused_by_its_name(largest: bool) -> None:
    corner = CornerSpace(largest=largest)
    for low, high, step in ((2, 1, 1), (1, 2, 0), (1, 2, -1)):
        with pytest.raises(BadTask, match=f"layers shall be from {low} to {high} in steps of {step}"):
            corner.suggest_int("layers", low, high, step=step)
    for bounds in ((1.0, 0.5), (0.0, math.inf), (math.nan, 1.0)):
        with pytest.raises(BadTask, match="rate shall be from"):
            corner.suggest_float("rate", *bounds)
    choices: tuple[Any, ...] = (), ((3, 3), (5, 5))
    for offered in choices:
        with pytest.raises(BadTask, match="kernel shall be one of"):
            corner.suggest_categorical("kernel", offered)
