# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import struct

import pytest

from harness.firmware.image import stored_target

THM_CALL, ABS32 = 10, 2


def bl(distance: int) -> bytes:
    """Encode Thumb BL, encoding T1 (Armv7-M Architecture Reference Manual, A7.7.18)."""
    sign = 1 if distance < 0 else 0
    bits = distance & 0x1FFFFFF
    j1, j2 = (1 ^ (bits >> 23 & 1) ^ sign), (1 ^ (bits >> 22 & 1) ^ sign)
    high = 0xF000 | sign << 10 | (bits >> 12 & 0x3FF)
    low = 0xD000 | j1 << 13 | j2 << 11 | (bits >> 1 & 0x7FF)
    return struct.pack("<HH", high, low)


@pytest.mark.parametrize("distance", [0, 2, -4, 4094, -4096, 0x7FFFFE, -0x800000, 0xFFFFFE, -0x1000000])
def test_the_target_of_a_thumb_call_is_read_from_the_instruction(distance: int) -> None:
    assert stored_target(bl(distance), 0, 0x2000, THM_CALL) == 0x2004 + distance


def test_a_word_refers_to_what_it_holds() -> None:
    assert stored_target(struct.pack("<II", 0, 0x20001234), 4, 0x100, ABS32) == 0x20001234
