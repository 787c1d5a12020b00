# SPDX-License-Identifier: Apache-2.0
"""A device that answers: an emulator with its counter, or a real board on a port."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness import registry
from harness.boards import Board
from harness.emulation import CountRequest, Counts, EmulatorDriver, EmulatorSession, count_agrees
from harness.flashers import Flashable, Flasher
from harness.link import Device
from harness.runtimes import RenderedModel
from harness.transports import open_port, reserved

# One short request to an emulator, which a busy machine may not let run for seconds; that it has died is told at once.
_EMULATED_SECONDS = 60.0
RUNNER = "harness_run_inference"  # the one function of the runner that calls the inference


@dataclass(frozen=True, slots=True, kw_only=True)
class Rig:
    """An open link to a device, and the emulator's session where there is one."""

    device: Device
    session: EmulatorSession | None = None
    timer_hz: int = 0
    clock_hz: int = 0
    instruction_hz: float = 0.0

    @property
    def emulated(self) -> bool:
        return self.session is not None

    def last_count(self) -> Counts | None:
        """Return the counts of the last inference, or None on a rig that does not count."""
        counts = () if self.session is None else self.session.counts()
        return counts[-1] if counts else None

    def agrees(self, counts: Counts, ticks: int) -> bool:
        """Say whether the counter and the device's own timer tell the same story."""
        if counts.cycles is not None:
            return count_agrees(counts.cycles, ticks, timer_hz=self.timer_hz, counted_hz=self.clock_hz)
        return count_agrees(counts.instructions, ticks, timer_hz=self.timer_hz, counted_hz=self.instruction_hz)


@contextmanager
def open_emulated(board: Board, driver: EmulatorDriver, image: Path, rendered: RenderedModel) -> Iterator[Rig]:
    """Start an emulator with an image (an ELF) and open the link to it. Raises OpenError, or DeviceFault."""
    count = None
    if driver.COUNTS:
        layers = tuple(layer.symbol for layer in rendered.layers)
        count = CountRequest(caller=RUNNER, inference=rendered.invoke_symbol, layers=layers)
    with ExitStack() as stack:
        session = stack.enter_context(driver.start(board, image, count=count))
        stream = stack.enter_context(open_port(session.port))
        device = stack.enter_context(Device(stream, check=session.check, message_seconds=_EMULATED_SECONDS))
        timer_hz = next(e.timer_hz for e in board.emulators if e.driver == driver.NAME)
        yield Rig(
            device=device,
            session=session,
            timer_hz=timer_hz,
            clock_hz=board.clock_hz,
            instruction_hz=driver.INSTRUCTION_HZ,
        )


@contextmanager
def open_real(
    board: Board, project: Flashable, port: str, *, watch: Callable[[str], None] = lambda _stage: None
) -> Iterator[Rig]:
    """Flash a real board and open the link to it, when it is free: another job or process may be at it.

    ``watch`` is told what is waited for. Raises FlashError, OpenError, or LinkTimeout.
    """
    flasher: Flasher = registry.load("harness.flashers", "platformio").FLASHER
    with reserved(port, say=watch):
        watch("flashing")
        flasher.flash(project, port)
        watch("measuring")
        with open_port(port, baud=board.firmware.baud) as stream, Device(stream) as device:
            yield Rig(device=device)
