# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.stats import bootstrap, wilson


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [  # R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilsons_interval_is_the_published_one(successes: int, trials: int, low: float, high: float) -> None:
    assert wilson(successes, trials) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize("trials", [1, 7, 360, 10_000])
def test_the_interval_of_all_and_of_none_ends_at_the_bound_and_mirrors(trials: int) -> None:
    assert wilson(trials, trials)[1] == 1.0
    assert wilson(0, trials) == pytest.approx(tuple(1 - bound for bound in reversed(wilson(trials, trials))))


def test_a_bootstrap_draws_the_same_for_a_seed_and_has_no_interval_where_values_are_missing() -> None:
    values = np.random.default_rng(1).normal(size=200)

    def mean(positions: NDArray[np.intp]) -> float:
        return float(values[positions].mean())

    assert bootstrap(mean, 200, seed=3) == bootstrap(mean, 200, seed=3) != bootstrap(mean, 200, seed=4)
    assert bootstrap(lambda _positions: float("nan"), 200, seed=3) is None
