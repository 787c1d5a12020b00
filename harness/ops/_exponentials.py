# SPDX-License-Identifier: Apache-2.0
"""Exponentials of the differences between int8 numbers, in fixed point, as the softmax of the reference has them.

Source: TensorFlow, ``tensorflow/lite/kernels/internal/reference/softmax.h``.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from harness.ops._fixed_point import doubling_high_multiply, exp_of_nonpositive
from harness.ops._quantized import quantize_multiplier

INTEGER_BITS = 5  # of a scaled difference


def difference_scale(beta: float, scale: float) -> float:
    """Return what a difference is multiplied by, to be a fixed-point number; the reference needs more than 1."""
    return min(beta * scale * (1 << (31 - INTEGER_BITS)), float((1 << 31) - 1))


def farthest_difference(shift: int) -> int:
    """Return the largest difference whose exponential counts, from the shift of ``difference_scale``."""
    return math.floor(((1 << INTEGER_BITS) - 1) * (1 << (31 - INTEGER_BITS)) / (1 << shift))


def exponentials_of_differences(beta: float, scale: float) -> NDArray[np.int32]:
    """Return the exponentials of the differences 0, -1, ... that are not so low that the reference drops them."""
    multiplier = quantize_multiplier(difference_scale(beta, scale))
    return np.array(
        [
            exp_of_nonpositive(
                doubling_high_multiply(-difference * (1 << multiplier.shift), multiplier.value), INTEGER_BITS
            )
            for difference in range(min(farthest_difference(multiplier.shift), 255) + 1)
        ],
        dtype=np.int32,
    )
