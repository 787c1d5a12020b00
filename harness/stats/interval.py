# SPDX-License-Identifier: Apache-2.0
"""Intervals of 95 %: of a share, and of any statistic of a sample."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95
RESAMPLES = 2000
_MOST_UNDEFINED = 0.05  # share of the resamples that may have no value


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95 % interval of a share of ``successes`` in ``trials``, at least one, both bounds within 0 to 1.

    Wilson's score interval without correction for continuity (E. B. Wilson, JASA 22, 1927): it holds where the share
    is near 0 or 1 and the sample small, which the textbook's normal interval does not.
    """
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    share, weight = successes / trials, z * z / trials
    middle = (share + weight / 2) / (1 + weight)
    half = z / (1 + weight) * sqrt(share * (1 - share) / trials + weight / (4 * trials))
    return (middle - half if successes else 0.0), (middle + half if successes < trials else 1.0)


def bootstrap(
    statistic: Callable[[NDArray[np.intp]], float], size: int, *, seed: int, resamples: int = RESAMPLES
) -> tuple[float, float] | None:
    """Return the 95 % percentile-bootstrap interval of a statistic (B. Efron, Annals of Statistics 7, 1979).

    ``statistic`` gets positions, 0 to ``size`` - 1, drawn with replacement; the same ``seed`` draws the same. None
    where more than a twentieth of the resamples have no finite value, as where one happens to lack a class.
    """
    random = np.random.default_rng(seed)
    values = np.array([statistic(random.integers(0, size, size)) for _ in range(resamples)], dtype=float)
    finite = values[np.isfinite(values)]
    if len(finite) < (1 - _MOST_UNDEFINED) * resamples:
        return None
    low, high = np.quantile(finite, ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2))
    return float(low), float(high)
