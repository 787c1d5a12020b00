# SPDX-License-Identifier: Apache-2.0
"""The hypervolume from candidate to candidate."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.stats import dominated_shares


def test_the_share_is_that_of_the_box_which_the_points_dominate() -> None:
    shares = dominated_shares([(0, 4), (4, 0), (2, 2), (1, 3), (3, 3)])
    assert shares[0] == shares[1] == 0.0  # corners: they beat what lies on the edge alone
    assert shares[2] == pytest.approx(4 / 16, abs=0.01)
    assert shares[3] == pytest.approx(5 / 16, abs=0.01)
    assert shares[4] == shares[3]  # beaten itself


def test_a_coordinate_in_which_all_are_equal_does_not_count() -> None:
    assert dominated_shares([(0, 7, 2), (1, 7, 0), (0, 7, 0)])[-1] == 1.0
    assert dominated_shares([(5, 5), (5, 5)]) == (1.0, 1.0)
    assert dominated_shares([]) == ()


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=12))
def test_it_never_falls_and_does_not_depend_on_the_order_in_the_end(points: list[tuple[int, int, int]]) -> None:
    shares = dominated_shares(points, samples=512)
    assert list(shares) == sorted(shares)
    assert dominated_shares(points[::-1], samples=512)[-1] == shares[-1]
