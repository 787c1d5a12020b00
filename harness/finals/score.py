# SPDX-License-Identifier: Apache-2.0
"""A score with its interval: Wilson's where the score is a share of samples, else a bootstrap."""

from __future__ import annotations

from math import isclose, nan

import numpy as np
from numpy.typing import NDArray

from harness.finals.record import Score
from harness.stats import bootstrap, wilson
from harness.tasks import Array, Floats
from harness.tasks import Score as Scorer
from harness.train import checked_score

BOOTSTRAP_SEED = 0


def score_with_interval(metric: str, score: Scorer, outputs: Floats, targets: Array) -> Score:
    """Score outputs [sample, ...] against targets [sample, ...], with a 95 % interval over the choice of samples.

    A score is a share where each sample alone scores 0 or 1 and their mean is the score of all. Of others, 2,000
    resamples with a fixed seed are scored; there is no interval where many of them have no score. Raises BadTask where
    the whole has none.
    """
    value, samples = checked_score(metric, score, outputs, targets), len(outputs)
    right = _successes(score, outputs, targets, value)
    if right is not None:
        low, high = wilson(right, samples)
        return Score(metric=metric, value=value, low=low, high=high, interval="wilson", samples=samples)

    def resampled(positions: NDArray[np.intp]) -> float:
        return _attempt(score, outputs[positions], targets[positions])

    bounds = bootstrap(resampled, samples, seed=BOOTSTRAP_SEED)
    if bounds is None:
        return Score(metric=metric, value=value, low=None, high=None, interval="none", samples=samples)
    return Score(metric=metric, value=value, low=bounds[0], high=bounds[1], interval="bootstrap", samples=samples)


def _successes(score: Scorer, outputs: Floats, targets: Array, value: float) -> int | None:
    """Return how many samples are right, None where the score is no share of samples."""
    right = 0
    for position in range(len(outputs)):
        alone = _attempt(score, outputs[position : position + 1], targets[position : position + 1])
        if alone not in (0.0, 1.0):
            return None
        right += int(alone)
    return right if isclose(right / len(outputs), value, abs_tol=1e-9) else None


def _attempt(score: Scorer, outputs: Floats, targets: Array) -> float:
    """Return a score of some samples, not a number where they are too few or too much alike for it."""
    try:
        return float(score(outputs, targets))
    except Exception:  # a task's own code: what it raises for such samples is its affair
        return nan
