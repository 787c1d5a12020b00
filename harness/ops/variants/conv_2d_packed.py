# SPDX-License-Identifier: Apache-2.0
"""CONV_2D on cores with eight low registers: two pixels are packed in a word, so that one MULS multiplies both.

A product of a byte and a byte fits 15 bits, two of them 16: after two taps both halves are added to sums of 32 bits.
Weights of -128 next to others as large are refused, since two products of theirs do not fit.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from harness.ops._base import Layer, Lowered, Variant
from harness.ops.conv_2d import macs
from harness.ops.variants._windows import Bytes, filled, is_dense, lower_windows, matrix_of, windows_overlap

_PIXELS = 2
_FEATURE = "thumb1"
_MOST_OF_TWO_TAPS = 255  # 128 times it is below 2**15


def accepts(layer: Layer, features: frozenset[str]) -> bool:
    """Accept dense int8 of one batch, without groups and dilation, in which two taps never overflow 16 bits."""
    return _FEATURE in features and is_dense(layer) and fits_16_bits(matrix_of(layer))


def fits_16_bits(matrix: Bytes) -> bool:
    """Tell whether the products of every two taps stay within 16 bits for all inputs; taps are an even number."""
    sizes = np.abs(matrix.astype(np.int64))
    return bool((sizes.reshape(len(sizes), -1, 2).sum(axis=2) <= _MOST_OF_TWO_TAPS).all())


def lower(layer: Layer) -> Lowered:
    """Lower to copies of two windows and products with two channels at a time."""
    return lower_windows(layer, together=_PIXELS, sums="sums_of_packed", tap_bytes=4, order=lambda matrix: matrix)


VARIANTS = (
    Variant(
        name="packed",
        operator="CONV_2D",
        accepts=accepts,
        lower=lower,
        # Below that of ``blocked``, which takes twice as long here as where registers are plenty.
        cost=lambda layer: filled(layer, _PIXELS) * (1.4 * macs(layer) + 20.0 * layer.outputs[0].elements),
        overlap=partial(windows_overlap, together=_PIXELS),
    ),
)
