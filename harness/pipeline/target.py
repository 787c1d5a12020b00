# SPDX-License-Identifier: Apache-2.0
"""Which machine runs the firmware of the board that was asked for."""

from __future__ import annotations

from dataclasses import dataclass

from harness.boards import Board, Emulator, load_board
from harness.emulation import EmulatorDriver, installed_way
from harness.errors import BadBoard, NoBoard, OpenError


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The board asked for, and what executes its firmware: itself on a port, or an emulator."""

    board: Board
    machine: Board  # whose image is built
    port: str | None = None
    emulator: Emulator | None = None
    driver: EmulatorDriver | None = None

    @property
    def rig(self) -> str:
        """Name of the rig with its version: figures counted on one rig are the same on another of this name."""
        if self.driver is None or self.emulator is None:
            return f"{self.board.id} at {self.port}"
        name = f"{self.driver.NAME} {self.driver.version(self.machine)} {self.emulator.machine}"
        if self.board.estimate is not None:
            return f"{name}, priced as {self.board.id} ({self.board.key[:12]})"
        return name if self.board is self.machine else f"{name}, standing in for {self.board.id}"


def find_target(board_id: str, *, estimate: bool, port: str | None = None) -> Target:
    """Find what can run the firmware of a board: itself on ``port``, else where its USB ids are, or an emulator.

    Raises BadBoard where an estimate is asked for that no emulator can give, NoBoard where a real board is not
    connected or cannot be flashed, OpenError where no emulator of it is installed.
    """
    board = load_board(board_id)
    if port is not None and (estimate or board.kind != "real"):
        raise BadBoard(f"{board.id} is emulated here: it has no port {port}", hint="Leave --port away.")
    if board.kind == "real" and not estimate:
        return _connected(board, port)
    if board.kind != "real" and estimate:
        raise BadBoard(f"{board.id} is not a real board: there is nothing to estimate", hint="Leave --estimate away.")
    return _emulated(board)


def _connected(board: Board, port: str | None) -> Target:
    if port is None:
        port = _find_port(board)
    if not board.platformio.uploads:
        raise NoBoard(
            f"{board.id} at {port}: nothing here can flash it yet",
            hint=f"Its image is built without the vendor's platform: PlatformIO has no upload.\n{_or_estimate(board)}",
        )
    return Target(board=board, machine=board, port=port)


def _find_port(board: Board) -> str:
    from harness.transports.serial import find_port

    assert board.usb is not None
    try:
        return find_port(board.id, board.usb.ids)
    except NoBoard as error:
        raise NoBoard(error.message, hint=f"{error.hint}\n{_or_estimate(board)}".strip()) from error


def _or_estimate(board: Board) -> str:
    """Say what --estimate would do with a board that cannot be measured."""
    if not board.emulators:
        return "It cannot be estimated either: its file names no emulator."
    way = installed_way(board)
    if way is None:
        names = ", ".join(dict.fromkeys(emulator.driver for emulator in board.emulators))
        return f"Or install an emulator of it ({names}; see 'harness doctor') and pass --estimate."
    where = f"in {way.driver.NAME}" if way.machine is board else f"on {way.machine.id}, which has its core"
    then = "its counts are priced" if board.estimate is not None else "its instructions are counted"
    return f"Or pass --estimate: the firmware then runs {where}, and {then}."


def _emulated(board: Board) -> Target:
    if not board.emulators:
        raise BadBoard(
            f"{board.id} cannot be estimated: its file names no emulator",
            hint="Connect the board, or add [[emulators]] to its file: docs/boards.md.",
        )
    way = installed_way(board)
    if way is None:
        names = ", ".join(dict.fromkeys(emulator.driver for emulator in board.emulators))
        raise OpenError(
            f"no emulator for {board.id} is installed: {names}",
            hint="Run 'harness doctor': it names what to install.",
        )
    return Target(board=board, machine=way.machine, emulator=way.emulator, driver=way.driver)
