# SPDX-License-Identifier: Apache-2.0
"""The rule of comparison: integers equal, floats near, what is no number equal to itself."""

from __future__ import annotations

import numpy as np
import pytest

from harness.errors import HarnessError
from harness.reference import compare


def floats(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.array(values, dtype=np.float32)


def test_integers_must_be_equal_and_the_first_that_differ_are_shown() -> None:
    wanted = np.zeros((1, 2, 3), np.int8)
    got = wanted.copy()
    got[0, 1, 2], got[0, 0, 1] = -5, 1
    found = compare(got, wanted)
    assert (found.elements, found.differing, found.largest, found.equal) == (6, 2, 5.0, False)
    assert [(d.position, d.channel, d.wanted, d.got) for d in found.first] == [
        ((0, 0, 1), 1, 0.0, 1.0),
        ((0, 1, 2), 2, 0.0, -5.0),
    ]
    assert found.describe().splitlines() == [
        "2 of 6 elements differ, by at most 5",
        "  at [0, 0, 1] (channel 1): wanted 0, got 1",
        "  at [0, 1, 2] (channel 2): wanted 0, got -5",
    ]


def test_only_as_many_differences_are_kept_as_are_to_be_shown() -> None:
    assert len(compare(np.ones(9, np.int8), np.zeros(9, np.int8), show=3).first) == 3


def test_floats_may_differ_by_the_absolute_and_the_relative_bound() -> None:
    assert compare(floats(1e-5, 1.00009, -1000.09), floats(0, 1, -1000)).equal
    assert not compare(floats(2e-5), floats(0)).equal
    assert not compare(floats(1.0002), floats(1)).equal


def test_the_bound_is_relative_to_what_is_wanted() -> None:
    assert not compare(floats(0), floats(1)).equal


def test_what_is_no_number_equals_itself_alone() -> None:
    assert compare(floats(np.nan), floats(np.nan)).equal
    assert not compare(floats(np.nan), floats(1)).equal
    assert not compare(floats(1), floats(np.nan)).equal


def test_infinities_equal_those_of_the_same_sign_alone() -> None:
    assert compare(floats(np.inf, -np.inf), floats(np.inf, -np.inf)).equal
    for got, wanted in ((np.inf, -np.inf), (3e38, np.inf), (np.inf, 3e38)):
        found = compare(floats(got), floats(wanted))
        assert not found.equal
        assert found.largest == np.inf


def test_scalars_are_compared_too() -> None:
    assert compare(np.array(3, np.int8), np.array(4, np.int8)).first[0].channel == 0


def test_another_type_or_shape_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(HarnessError, match="cannot compare int8"):
        compare(np.zeros(3, np.int8), np.zeros(3, np.float32))
    with pytest.raises(HarnessError, match=r"shape \(3,\) with int8 of shape \(4,\)"):
        compare(np.zeros(3, np.int8), np.zeros(4, np.int8))
