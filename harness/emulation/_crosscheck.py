# SPDX-License-Identifier: Apache-2.0
"""The device's own timer against the counter: two ways to one figure."""

from __future__ import annotations

_INSTRUCTIONS_PER_SECOND = 1e9  # of virtual time in QEMU
_CALL_INSTRUCTIONS = 200  # most that the firmware executes between a look at its timer and the inference


def count_agrees(
    counted: int,
    ticks: int,
    *,
    timer_hz: int,
    counted_hz: float = _INSTRUCTIONS_PER_SECOND,
    overhead_instructions: int = _CALL_INSTRUCTIONS,
) -> bool:
    """Say whether counted instructions and ticks of the device's timer tell the same story.

    Under ``-icount shift=0`` an instruction takes one nanosecond of virtual time, so a tick is 1e9 / timer_hz
    instructions; where cycles are counted, ``counted_hz`` is the clock. Both ends of the timed region fall anywhere in
    a tick, and it includes the call itself: at most ``overhead_instructions`` more than were counted.
    """
    per_tick = counted_hz / timer_hz
    least = counted - per_tick
    most = counted + overhead_instructions + per_tick
    return least <= ticks * per_tick <= most
