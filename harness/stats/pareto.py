# SPDX-License-Identifier: Apache-2.0
"""The Pareto front: the points that no other point beats."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def pareto_front(points: Sequence[Sequence[float]]) -> tuple[int, ...]:
    """Return the numbers of the points, all coordinates to be minimised, that no other point dominates, in order.

    A point dominates another where it is nowhere larger and somewhere smaller. Equal points are all in the front or
    all out of it; a point with a coordinate that is not a number is never in it.
    """
    if not points:
        return ()
    whole = np.asarray(points, dtype=np.float64)
    comparable = np.flatnonzero(~np.isnan(whole).any(axis=1))
    found = whole[comparable]
    best = np.ones(len(found), dtype=bool)
    for number, point in enumerate(found):
        if best[number]:
            best &= ~((found >= point).all(axis=1) & (found > point).any(axis=1))
    return tuple(comparable[best].tolist())
