# SPDX-License-Identifier: Apache-2.0
"""Tables of functions of 16 bits, as the reference has them: 512 intervals of 128 numbers, straight lines between.

Source: TensorFlow, ``tensorflow/lite/kernels/internal/common.h`` (``LUTPopulateInt16``, ``sigmoid_table_uint16``). A
node lies half as far from the curve as the line would in the middle of its interval, so that the error is shared.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from harness.ops._quantized import INT16_MAX, INT16_MIN

_INTERVALS = 512
_SIGMOID_NODES = 256
_SIGMOID_STEPS = 24  # to 1
Reals = NDArray[np.floating]


def interpolated(
    function: Callable[[Reals], Reals],
    input_scale: np.floating,
    output_scale: np.floating,
    *,
    input_zero: int = 0,
) -> NDArray[np.int16]:
    """Return the nodes, from the lowest input on, and one more for the slope of the last interval.

    All is computed in the precision of the scales. Where the reference's numbers leave it, a node is 0, as there.
    """
    real = type(input_scale)
    lowest, highest = (input_scale * real(end - input_zero) for end in (INT16_MIN, INT16_MAX))
    step = (highest - lowest) / real(_INTERVALS)
    reach = output_scale * real(INT16_MAX) - output_scale * real(INT16_MIN)
    factor = real(INT16_MAX - INT16_MIN + 1) / reach
    places = lowest + np.arange(_INTERVALS, dtype=real) * step
    following = lowest + np.arange(1, _INTERVALS + 1, dtype=real) * step
    with np.errstate(all="ignore"):
        values = _rounded(function(places) * factor)
        middle = _rounded(function(places + step / real(2)) * factor)
        line = _rounded((function(following) * factor + values) / real(2))
        nodes = values - _rounded((line - middle) / real(2))
        last = _rounded(function(np.array([highest], dtype=real)) * factor)
        limited = np.clip(np.concatenate([nodes, last]), INT16_MIN, INT16_MAX)
    found: NDArray[np.int16] = np.nan_to_num(limited, nan=0.0).astype(np.int16)
    return found


def sigmoid_nodes() -> NDArray[np.uint16]:
    """Return the logistic function of k/24, k from 0 to 255, times 65536."""

    def node(number: int) -> int:
        value = 1.0 / (1.0 + math.exp(-number / _SIGMOID_STEPS))
        curvature = value * (1.0 - value) * (1.0 - 2.0 * value) / _SIGMOID_STEPS**2
        return math.floor(65536.0 * (value - curvature / 16.0) + 0.5)

    return np.array([*(node(number) for number in range(_SIGMOID_NODES - 1)), 65535], dtype=np.uint16)


def _rounded(values: Reals) -> Reals:
    """Round to nearest, halves away from zero, in the values' own precision."""
    wide = values.astype(np.float64)
    whole = np.floor(np.abs(wide))
    up = np.abs(wide) - whole >= 0.5
    rounded: Reals = np.copysign(whole + up, wide).astype(values.dtype)
    return rounded
