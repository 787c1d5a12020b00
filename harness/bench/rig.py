# SPDX-License-Identifier: Apache-2.0
"""A device that answers: an emulator with its counter, or a real board on a port."""

from __future__ import annotations

from dataclasses import dataclass

from harness.boards import Board
from harness.emulation import Counts, EmulatorSession
from harness.link import Device

RUNNER = "harness_run_inference"  # the one function of the runner that calls the inference


@dataclass(frozen=True, slots=True, kw_only=True)
class Rig:
    """An open link to a device, and the emulator's session where there is one."""

    device: Device
    board: Board
    session: EmulatorSession | None = None
    timer_hz: int = 0

    @property
    def emulated(self) -> bool:
        return self.session is not None

    def last_count(self) -> Counts | None:
        """Return the counts of the last inference, or None on a rig that does not count."""
        counts = () if self.session is None else self.session.counts()
        return counts[-1] if counts else None
