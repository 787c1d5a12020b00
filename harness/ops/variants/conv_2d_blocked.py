# SPDX-License-Identifier: Apache-2.0
"""CONV_2D in portable C: two or four pixels by four channels, so that each weight is read once for all the pixels.

Four pixels need sixteen sums in registers: cores with thirty-one of them.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from harness.ops._base import Layer, Lowered, Variant
from harness.ops.conv_2d import macs
from harness.ops.variants._windows import Bytes, filled, is_dense, lower_windows, windows_overlap

_CHANNELS = 4
_MANY_REGISTERS = "rv32m"
_SUMS = {2: "sums_of_two", 4: "sums_of_four"}


def lower(layer: Layer, together: int) -> Lowered:
    """Lower to copies of windows and products of ``together`` pixels with weights of four channels at a time."""
    return lower_windows(layer, together=together, sums=_SUMS[together], tap_bytes=together, order=_by_fours)


def cost(layer: Layer, together: int) -> float:
    """Count products, loads of inputs and of weights, and what an output takes."""
    per_mac = 2.0 + 1.0 / together + 1.0 / _CHANNELS
    return filled(layer, together) * (per_mac * macs(layer) + 20.0 * layer.outputs[0].elements)


def _by_fours(matrix: Bytes) -> Bytes:
    """Return weights tap by tap for each four channels, then those of each channel that is left."""
    whole = len(matrix) // _CHANNELS * _CHANNELS
    fours = matrix[:whole].reshape(-1, _CHANNELS, matrix.shape[1]).transpose(0, 2, 1)
    return np.concatenate([fours.reshape(-1), matrix[whole:].reshape(-1)])


VARIANTS = (
    Variant(
        name="blocked",
        operator="CONV_2D",
        accepts=lambda layer, _features: is_dense(layer),
        lower=partial(lower, together=2),
        cost=partial(cost, together=2),
        overlap=partial(windows_overlap, together=2),
    ),
    Variant(
        name="blocked_4",
        operator="CONV_2D",
        accepts=lambda layer, features: _MANY_REGISTERS in features and is_dense(layer),
        lower=partial(lower, together=4),
        cost=partial(cost, together=4),
        too_large_for_size=True,
        overlap=partial(windows_overlap, together=4),
    ),
)
