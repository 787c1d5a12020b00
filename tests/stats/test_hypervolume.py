# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from harness.stats import hypervolume


def test_one_point_leaves_the_box_up_to_the_reference() -> None:
    assert hypervolume([(1.0, 2.0, 3.0)], (2.0, 4.0, 6.0)) == pytest.approx(1 * 2 * 3)


def test_points_that_overlap_count_once() -> None:
    assert hypervolume([(0.0, 1.0), (1.0, 0.0)], (2.0, 2.0)) == pytest.approx(3.0)
    assert hypervolume([(0.0, 0.0, 1.0), (1.0, 1.0, 0.0)], (2.0, 2.0, 2.0)) == pytest.approx(4 + 1)


def test_what_is_beaten_or_beyond_the_reference_adds_nothing() -> None:
    one = hypervolume([(0.5, 0.5)], (1.0, 1.0))
    assert hypervolume([(0.5, 0.5), (0.5, 0.5), (0.6, 0.9), (0.1, 1.0), (2.0, -5.0)], (1.0, 1.0)) == one
    assert hypervolume([], (1.0, 1.0)) == 0.0


@pytest.mark.parametrize("dimensions", [1, 2, 3, 4])
def test_it_is_the_share_of_the_box_that_is_beaten(dimensions: int) -> None:
    random = np.random.default_rng(5)
    points = random.uniform(size=(12, dimensions))
    drawn = random.uniform(size=(4_000, dimensions))
    beaten = float(np.mean([bool((sample >= points).all(axis=1).any()) for sample in drawn]))
    assert hypervolume(points.tolist(), [1.0] * dimensions) == pytest.approx(beaten, abs=0.03)
