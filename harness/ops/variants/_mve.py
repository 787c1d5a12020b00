# SPDX-License-Identifier: Apache-2.0
"""What the kernels for the vector instructions of Armv8.1-M (MVE, Helium) share: order of weights, requantization.

VMLADAVA multiplies 16 pairs of bytes and adds all products to a general register, so taps lie along the lanes. Four
sums are then requantized at once by VQRDMULH and VRSHL; ``docs/decisions/0063-kernels-for-vector-instructions.md`` says
why that is exact.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.ops._base import Number
from harness.ops._quantized import Multiplier

FEATURE = "mve"
LANES = 16  # bytes of a vector
WORDS = 4  # numbers of 32 bits in a vector
_UNROLLED = 4


def round_up(count: int, multiple: int) -> int:
    """Return the least multiple that is not below ``count``."""
    return -(-count // multiple) * multiple


def chunked(weights: NDArray[np.int8], together: int) -> NDArray[np.int8]:
    """Return weights of channels x taps in the order in which a kernel reads them.

    Of each ``together`` channels 16 taps each, then the next 16 taps; missing channels and taps are zero.
    """
    channels, taps = weights.shape
    padded = np.zeros((round_up(channels, together), round_up(taps, LANES)), np.int8)
    padded[:channels, :taps] = weights
    return np.ascontiguousarray(padded.reshape(len(padded) // together, together, -1, LANES).transpose(0, 2, 1, 3))


def unrolled(taps: int) -> dict[str, Number]:
    """Return bytes of a window, turns of four chunks of 16 taps each, and the chunks that the first turn skips."""
    chunks = round_up(taps, LANES) // LANES
    return {
        "window_bytes": chunks * LANES,
        "turns": round_up(chunks, _UNROLLED) // _UNROLLED,
        "skipped": -chunks % _UNROLLED,
    }


def scale_rows(multipliers: Sequence[Multiplier], together: int) -> NDArray[np.int32]:
    """Return a row for each four channels: their multipliers, then their shifts, negative to the right.

    Rows are filled up with zeros to whole groups of ``together`` channels.
    """
    table = np.zeros((2, round_up(len(multipliers), together)), np.int32)
    table[0, : len(multipliers)] = [m.value for m in multipliers]
    table[1, : len(multipliers)] = [m.shift if m.value else 0 for m in multipliers]
    return np.ascontiguousarray(table.reshape(2, -1, WORDS).transpose(1, 0, 2)).reshape(-1, 2 * WORDS)
