# SPDX-License-Identifier: Apache-2.0
"""The hypervolume: how much of the space the points of a front leave behind them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.stats.pareto import pareto_front


def hypervolume(points: Sequence[Sequence[float]], reference: Sequence[float]) -> float:
    """Return the volume between the points, all coordinates to be minimised, and a reference point that is worse.

    What a point has beyond the reference counts for nothing. Exact, by slices along the last coordinate (Zitzler 1999);
    fit for fronts of some hundreds in three dimensions. Points and reference have the same number of coordinates.
    """
    bound = np.asarray(reference, dtype=np.float64)
    whole = np.asarray(points, dtype=np.float64).reshape(-1, len(bound))
    return _volume(whole[(whole < bound).all(axis=1)], bound)


def _volume(points: NDArray[np.float64], bound: NDArray[np.float64]) -> float:
    if not len(points):
        return 0.0
    if len(bound) == 1:
        return float(bound[0] - points.min())
    front = points[list(pareto_front(points.tolist()))]
    front = front[np.argsort(front[:, -1], kind="stable")]
    ends = [*front[1:, -1], bound[-1]]
    slices = (
        (end - point[-1]) * _volume(front[: number + 1, :-1], bound[:-1])
        for number, (point, end) in enumerate(zip(front, ends, strict=True))
        if end > point[-1]
    )
    return float(sum(slices))
