# SPDX-License-Identifier: Apache-2.0
"""How far before its input an output must begin for a kernel that goes through pixels in order to be exact.

A kernel may write over input that nothing reads any more. After it has written ``w`` bytes of the output, ``r`` being
the first byte of the input that is still to be read, the output must begin at least ``w - r`` bytes before the input;
the largest such difference is the distance of the layer, and any larger one is as good. A negative distance lets the
output begin behind the input's beginning.
"""

from __future__ import annotations

import numpy as np

from harness.ops._window import Axis, Window


def window_distance(
    window: Window,
    *,
    batch: int,
    input_pixel_bytes: int,
    output_pixel_bytes: int,
    within_pixel_bytes: int | None,
    pixels_together: int = 1,
) -> int:
    """Return the distance of a kernel that takes output pixels row by row, ``pixels_together`` at a time.

    All reads for pixels that are taken together come before their writes, unless ``within_pixel_bytes`` is given: the
    most bytes of one output pixel that are written, less the first byte of an input pixel that is still read, while
    that output pixel is not complete.
    """
    first = _first_pixels(window, batch) * input_pixel_bytes
    still_needed = np.minimum.accumulate(first[::-1])[::-1]  # by this pixel or a later one
    number = np.arange(len(first))
    distances = [-int(first[-1]) - input_pixel_bytes]  # bytes that are never read do not matter, but the end stays put
    if within_pixel_bytes is not None:
        distances.append(int((number * output_pixel_bytes - still_needed).max()) + within_pixel_bytes)
    later = number[pixels_together::pixels_together]
    if len(later):
        distances.append(int((later * output_pixel_bytes - still_needed[later]).max()))
    return max(distances)


def within_blocks(channels: int, block: int, *, groups: int = 1) -> int | None:
    """Return the channels of a pixel that are written before its last ones are computed, or None where all are at once.

    In each group ``block`` channels are computed at once, then the rest one by one.
    """
    last = 1 if channels // groups % block else block
    return channels - last if channels > last else None


def _first_pixels(window: Window, batch: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return for each output pixel the first input pixel in its window, in order of memory."""
    rows, columns = _first(window.height), _first(window.width)
    one = (rows[:, None] * window.width.input + columns[None, :]).reshape(-1)
    image = window.height.input * window.width.input
    return np.asarray((np.arange(batch)[:, None] * image + one[None, :]).reshape(-1), np.int64)


def _first(axis: Axis) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    start = np.arange(axis.output) * axis.stride - axis.pad
    before = np.maximum(-start, 0)
    return np.asarray(start + -(-before // axis.dilation) * axis.dilation, np.int64)
