# SPDX-License-Identifier: Apache-2.0
"""The Pareto front: the points that no other point beats."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan


def pareto_front(points: Sequence[Sequence[float]]) -> tuple[int, ...]:
    """Return the numbers of the points, all coordinates to be minimised, that no other point dominates, in order.

    A point dominates another where it is nowhere larger and somewhere smaller. Equal points are all in the front or
    all out of it; a point with a coordinate that is not a number is never in it.
    """
    comparable = [number for number, point in enumerate(points) if not any(map(isnan, point))]
    return tuple(
        number
        for number in comparable
        if not any(_dominates(points[other], points[number]) for other in comparable if other != number)
    )


def _dominates(one: Sequence[float], other: Sequence[float]) -> bool:
    pairs = list(zip(one, other, strict=True))
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)
