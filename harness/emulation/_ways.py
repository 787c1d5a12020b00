# SPDX-License-Identifier: Apache-2.0
"""Which emulators can run the firmware of a board, the best first: the same chip, then the same core."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from msgspec.structs import replace

from harness import registry
from harness.boards import Board, Emulator, load_board
from harness.emulation._base import EmulatorDriver
from harness.errors import BadBoard


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """An emulator that can run the firmware of a board."""

    machine: Board  # whose image is built: the board itself, or the stand-in with the same core
    emulator: Emulator  # of the machine's file
    driver: EmulatorDriver

    @property
    def installed(self) -> bool:
        """Whether this machine has the emulator."""
        return self.driver.installed(self.machine)

    @property
    def version(self) -> str | None:
        """The emulator's version on this machine, or None where it is missing."""
        return self.driver.version(self.machine)


def ways(board: Board) -> tuple[Way, ...]:
    """Return all emulators of a board's file in its order. Raises BadBoard for a stand-in that is none."""
    return tuple(_way(board, emulator) for emulator in board.emulators)


def installed_way(board: Board) -> Way | None:
    """Return the first emulator of a board's file that this machine has, or None."""
    return next((way for way in ways(board) if way.installed), None)


def _way(board: Board, emulator: Emulator) -> Way:
    driver = cast(EmulatorDriver, registry.load("harness.emulation", emulator.driver).DRIVER)
    if emulator.stand_in is None:
        return Way(machine=board, emulator=emulator, driver=driver)
    machine = load_board(emulator.stand_in)
    own = next((each for each in machine.emulators if each.driver == emulator.driver and not each.stand_in), None)
    if own is None or machine.core != board.core:
        reason = f"{emulator.driver} does not emulate it" if own is None else f"its core is {machine.core.id}"
        raise BadBoard(
            f"{machine.id} cannot stand in for {board.id}: {reason}",
            hint=f"'stand_in' of [[emulators]] names an emulated board with the core {board.core.id}.",
        )
    if board.platformio.toolchain is not None:
        machine = replace(machine, platformio=replace(machine.platformio, toolchain=board.platformio.toolchain))
    return Way(machine=machine, emulator=own, driver=driver)
