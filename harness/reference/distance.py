# SPDX-License-Identifier: Apache-2.0
"""How far other kernels are from the TFLite reference: the share of values that differ, and by how much at most."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from harness.records import Distance

Array = NDArray[np.generic]
Infer = Callable[[Sequence[Array]], tuple[Array, ...]]


def kernel_distance(inputs: Sequence[Sequence[Array]], kernels: Infer, reference: Infer) -> Distance:
    """Compare what two sets of kernels make of the same inputs, over all outputs; NaN equals NaN."""
    values = different = 0
    largest = 0.0
    for each in inputs:
        for got, wanted in zip(kernels(each), reference(each), strict=True):
            one, other = got.astype(np.float64), wanted.astype(np.float64)
            same = (one == other) | (np.isnan(one) & np.isnan(other))
            with np.errstate(invalid="ignore"):
                apart = np.abs(one - other)
            apart = np.where(same, 0.0, np.where(np.isnan(apart), np.inf, apart))
            values += apart.size
            different += int(np.count_nonzero(apart))
            largest = max(largest, float(np.max(apart, initial=0.0)))
    return Distance(inputs=len(inputs), values=values, different=different, largest=largest)
