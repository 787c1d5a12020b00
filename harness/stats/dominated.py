# SPDX-License-Identifier: Apache-2.0
"""The hypervolume from candidate to candidate: estimated, so that thousands in many objectives take no time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SAMPLES = 1 << 15


def dominated_shares(points: Sequence[Sequence[float]], *, samples: int = SAMPLES) -> tuple[float, ...]:
    """Return, after each point, the share (0 to 1) of the box around all points that some point so far dominates.

    All coordinates are to be minimised. The box spans in each from the best to the worst value of all points; one in
    which all are equal does not count. The share is that of ``samples`` places, drawn once and evenly with a fixed
    seed: its standard error is at most ``0.5 / sqrt(samples)``, and it never falls from one point to the next. For the
    measure see Zitzler and Thiele, "Multiobjective evolutionary algorithms", IEEE TEC 3(4), 1999.
    """
    if not points:
        return ()
    whole = np.asarray(points, dtype=np.float64)
    low, span = whole.min(axis=0), np.ptp(whole, axis=0)
    differing = span > 0
    if not differing.any():
        return (1.0,) * len(points)
    scaled = (whole[:, differing] - low[differing]) / span[differing]
    left = np.random.default_rng(0).random((samples, scaled.shape[1]))  # places that nothing dominates yet
    shares = []
    for point in scaled:
        left = left[~(left >= point).all(axis=1)]
        shares.append(1 - len(left) / samples)
    return tuple(shares)
