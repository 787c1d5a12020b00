# SPDX-License-Identifier: Apache-2.0
"""Inputs that a device can make itself from a few bytes: an emulated UART takes only some 30 kB/s.

Recognised are data that repeat with a short period (all elements alike; the shared pattern, 37 k + 11) and those of the
generator xorshift32, whose first word gives all that follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

_MASK = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True)
class Repeated:
    """The first ``period`` bytes over and over."""

    period: int


@dataclass(frozen=True, slots=True)
class Xorshift:
    """The bytes of xorshift32's words from the lowest on, ``state`` the first word.

    An element of 4 bytes is a float32: one such byte, taken as int8, divided by 128.
    """

    state: int
    element_bytes: Literal[1, 4]


def recognise(data: bytes, *, longest_period: int) -> Repeated | Xorshift | None:
    """Return how a device makes ``data`` itself, or None where it cannot, or where it would save nothing."""
    period = _period(data, longest_period)
    if period is not None:
        return Repeated(period)
    if len(data) >= 8 and _follows_xorshift(data):
        return Xorshift(int.from_bytes(data[:4], "little"), 1)
    small = _int8_fractions(data)
    if len(small) >= 8 and _follows_xorshift(small):
        return Xorshift(int.from_bytes(small[:4], "little"), 4)
    return None


def xorshift32(state: int) -> int:
    """Return the word after ``state`` (G. Marsaglia, "Xorshift RNGs", 2003: shifts 13, 17, 5)."""
    state ^= (state << 13) & _MASK
    state ^= state >> 17
    return state ^ ((state << 5) & _MASK)


def _period(data: bytes, longest: int) -> int | None:
    """Return the least of 1, 2, 4, ... with which ``data`` repeats, up to ``longest`` and below its size."""
    period = 1
    while period <= longest and period < len(data):
        if data[period:] == data[:-period]:
            return period
        period *= 2
    return None


def _follows_xorshift(data: bytes) -> bool:
    state = int.from_bytes(data[:4], "little")
    for at in range(4, len(data), 4):
        state = xorshift32(state)
        if data[at : at + 4] != state.to_bytes(4, "little")[: len(data) - at]:
            return False
    return True


def _int8_fractions(data: bytes) -> bytes:
    """Return the int8 values whose 128th parts ``data`` holds as float32; nothing where it holds others."""
    if len(data) % 4:
        return b""
    floats = np.frombuffer(data, dtype="<f4")
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = floats * np.float32(128)
        small = np.clip(np.nan_to_num(scaled), -128, 127).astype(np.int8)
    back = small.astype(np.float32) / np.float32(128)
    return small.tobytes() if back.astype("<f4").tobytes() == data else b""
