# SPDX-License-Identifier: Apache-2.0
"""The Pareto front."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.stats import pareto_front

POINTS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 6)), max_size=20)


def test_the_front_is_what_no_other_point_beats() -> None:
    assert pareto_front([(1, 9), (2, 5), (3, 6), (4, 1), (4, 2)]) == (0, 1, 3)


def test_equal_points_are_in_the_front_together() -> None:
    assert pareto_front([(1, 1), (1, 1), (2, 2)]) == (0, 1)


def test_no_points_have_no_front() -> None:
    assert pareto_front([]) == ()


def test_a_point_that_is_no_number_neither_wins_nor_beats() -> None:
    assert pareto_front([(float("nan"), 0), (1, 1)]) == (1,)


def test_points_of_different_sizes_are_an_error() -> None:
    with pytest.raises(ValueError):
        pareto_front([(1, 2), (1,)])


@given(POINTS)
def test_every_point_outside_the_front_is_beaten_by_one_inside(points: list[tuple[int, int, int]]) -> None:
    front = pareto_front(points)
    for number, point in enumerate(points):
        beaten = any(
            all(a <= b for a, b in zip(points[inside], point, strict=True)) and points[inside] != point
            for inside in front
        )
        assert beaten != (number in front)
