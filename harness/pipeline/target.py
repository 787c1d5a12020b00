# SPDX-License-Identifier: Apache-2.0
"""Which machine runs the firmware of the board that was asked for."""

from __future__ import annotations

from dataclasses import dataclass

from harness import registry
from harness.boards import Board, Emulator, load_board
from harness.emulation import EmulatorDriver
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
        if self.board is self.machine:
            return name
        return f"{name}, priced as {self.board.id} ({self.board.key[:12]})"


def find_target(board_id: str, *, estimate: bool, port: str | None = None) -> Target:
    """Find what can run the firmware of a board: itself on ``port``, else where its USB ids are, or an emulator.

    Raises BadBoard where an estimate is asked for that the board has no price for, NoBoard where a real board is not
    connected, OpenError where its emulator is not installed.
    """
    board = load_board(board_id)
    if port is not None and (estimate or board.kind != "real"):
        raise BadBoard(f"{board.id} is emulated here: it has no port {port}", hint="Leave --port away.")
    if board.kind == "real":
        return _stand_in(board) if estimate else _connected(board, port)
    if estimate:
        raise BadBoard(f"{board.id} is not a real board: there is nothing to estimate", hint="Leave --estimate away.")
    return _emulated(board, board)


def _connected(board: Board, port: str | None) -> Target:
    if port is not None:
        return Target(board=board, machine=board, port=port)
    from harness.transports.serial import find_port

    assert board.usb is not None
    try:
        return Target(board=board, machine=board, port=find_port(board.id, board.usb.ids))
    except NoBoard as error:
        if board.estimate is not None:
            stand_in = board.estimate.stand_in
            hint = f"Or pass --estimate: the firmware then runs on {stand_in}, and its counts are priced."
        else:
            hint = "It cannot be estimated either: nobody has calibrated it (30 to 50 % off without)."
        raise NoBoard(error.message, hint=f"{error.hint}\n{hint}".strip()) from error


def _stand_in(board: Board) -> Target:
    if board.estimate is None:
        raise BadBoard(
            f"{board.id} cannot be estimated: nobody has calibrated it",
            hint="Uncalibrated estimates are 30 to 50 % off. Connect the board, or name one that has a price.",
        )
    return _emulated(board, load_board(board.estimate.stand_in))


def _emulated(board: Board, machine: Board) -> Target:
    missing = []
    for emulator in machine.emulators:
        driver: EmulatorDriver = registry.load("harness.emulation", emulator.driver).DRIVER
        if driver.installed(machine):
            return Target(board=board, machine=machine, emulator=emulator, driver=driver)
        missing.append(emulator.driver)
    raise OpenError(
        f"no emulator for {machine.id} is installed: {', '.join(missing) or 'its file names none'}",
        hint="Run 'harness doctor': it names what to install.",
    )
