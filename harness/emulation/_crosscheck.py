# SPDX-License-Identifier: Apache-2.0
"""The device's own timer against the counter: two ways to one figure."""

from __future__ import annotations

_CALL_INSTRUCTIONS = 200  # most that the firmware executes between a look at its timer and the inference


def count_agrees(
    counted: int,
    ticks: int,
    *,
    timer_hz: int,
    counted_hz: float,
    overhead_instructions: int = _CALL_INSTRUCTIONS,
) -> bool:
    """Say whether counted instructions and ticks of the device's timer tell the same story.

    ``counted_hz`` is how many of what was counted pass in a second of the emulator's virtual time: an instruction takes
    one nanosecond under QEMU's ``-icount shift=0``; where cycles are counted, it is the clock. Both ends of the timed
    region fall anywhere in a tick, and it includes the call itself: at most ``overhead_instructions`` more than were
    counted.
    """
    per_tick = counted_hz / timer_hz
    least = counted - per_tick
    most = counted + overhead_instructions + per_tick
    return least <= ticks * per_tick <= most
