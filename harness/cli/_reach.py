# SPDX-License-Identifier: Apache-2.0
"""What this machine can do with a board: reach it over USB, emulate it, price it, or nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from harness.boards import Board
from harness.emulation import Way, ways

Status = Literal["connected", "emulated", "host", "estimated", "absent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How a board can be had here, with the version of each of its emulators, or None for one that is missing."""

    status: Status
    ports: tuple[str, ...]
    emulators: tuple[tuple[Way, str | None], ...]

    @property
    def label(self) -> str:
        """The status in a few words: a port, an emulator with its version, or what is missing."""
        match self.status:
            case "connected":
                return ", ".join(self.ports)
            case "host":
                return "this machine"
            case "emulated":
                return next(f"{way.driver.NAME} {version}" for way, version in self.emulators if version is not None)
            case "estimated":
                return "estimate only"
            case "absent" if self.emulators:
                return f"no {self.emulators[0][0].driver.NAME}"
            case "absent":
                return "not connected"


def look_around(boards: Iterable[Board]) -> dict[str, Reach]:
    """Look for each board on this machine, by its id."""
    return {board.id: _reach(board) for board in boards}


def _reach(board: Board) -> Reach:
    found = tuple((way, way.version) for way in ways(board))
    ports = _ports(board)
    status: Status = "absent"
    if ports:
        status = "connected"
    elif any(version is not None for _, version in found):
        status = "estimated" if board.kind == "real" else board.kind
    return Reach(status=status, ports=ports, emulators=found)


def _ports(board: Board) -> tuple[str, ...]:
    if board.usb is None:
        return ()
    from harness.transports.serial import find_ports

    return find_ports(board.usb.ids)
