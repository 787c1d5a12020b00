# SPDX-License-Identifier: Apache-2.0
"""What this machine can do with a board: reach it over USB, emulate it, price it, or nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast

from harness import registry
from harness.boards import Board, Emulator, load_board
from harness.emulation import EmulatorDriver

Status = Literal["connected", "emulated", "host", "estimated", "absent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How a board can be had here, with the version of each of its emulators, or None for one that is missing."""

    status: Status
    ports: tuple[str, ...]
    emulators: tuple[tuple[Emulator, str | None], ...]

    @property
    def label(self) -> str:
        """The status in a few words: a port, an emulator with its version, or what is missing."""
        match self.status:
            case "connected":
                return ", ".join(self.ports)
            case "host":
                return "this machine"
            case "emulated":
                return next(
                    f"{emulator.driver} {version}" for emulator, version in self.emulators if version is not None
                )
            case "estimated":
                return "estimate only"
            case "absent" if self.emulators:
                return f"no {self.emulators[0][0].driver}"
            case "absent":
                return "not connected"


def look_around(boards: Iterable[Board]) -> dict[str, Reach]:
    """Look for each board on this machine, by its id."""
    return {board.id: _reach(board) for board in boards}


def _reach(board: Board) -> Reach:
    emulators = tuple((emulator, _driver(emulator).version(board)) for emulator in board.emulators)
    ports = _ports(board)
    status: Status = "absent"
    if ports:
        status = "connected"
    elif any(found is not None for _, found in emulators):
        status = "host" if board.kind == "host" else "emulated"
    elif board.estimate is not None:
        stand_in = load_board(board.estimate.stand_in)
        if any(_driver(emulator).installed(stand_in) for emulator in stand_in.emulators):
            status = "estimated"
    return Reach(status=status, ports=ports, emulators=emulators)


def _ports(board: Board) -> tuple[str, ...]:
    if board.usb is None:
        return ()
    from harness.transports.serial import find_ports

    return find_ports(board.usb.ids)


def _driver(emulator: Emulator) -> EmulatorDriver:
    return cast(EmulatorDriver, registry.load("harness.emulation", emulator.driver).DRIVER)
