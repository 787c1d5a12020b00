# SPDX-License-Identifier: Apache-2.0
"""Stock QEMU: boards of Cortex-M, RISC-V and Xtensa cores, one nanosecond of virtual time an instruction."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from harness.boards import Board
from harness.emulation._base import CountRequest
from harness.emulation._counter import build_plugin, open_counter
from harness.emulation._machine import VIRTUAL_HZ, plugin_api, start_machine, version_of
from harness.emulation._session import ProcessSession, require_image, require_program
from harness.errors import BadBoard
from harness.programs import Program


@dataclass(frozen=True, slots=True, kw_only=True)
class QemuProgram(Program):
    """A program of QEMU, and what it is always called with."""

    arguments: tuple[str, ...] = ()


_ARM = QemuProgram(
    name="qemu-system-arm",
    variable="HARNESS_QEMU_ARM",
    key="qemu_arm",
    install="Install it: apt-get install qemu-system-arm.",
)
_RISCV32 = QemuProgram(
    name="qemu-system-riscv32",
    variable="HARNESS_QEMU_RISCV32",
    key="qemu_riscv32",
    install="Install it: apt-get install qemu-system-misc.",
    arguments=("-bios", "none"),
)
_XTENSA = QemuProgram(
    name="qemu-system-xtensa",
    variable="HARNESS_QEMU_XTENSA",
    key="qemu_xtensa",
    install="Install it: apt-get install qemu-system-misc.",
    arguments=("-cpu", "lx106"),  # its machines come with other cores
)
_PROGRAMS = {"thumb1": _ARM, "thumb2": _ARM, "rv32": _RISCV32, "xtensa": _XTENSA}
_ALL = (_ARM, _RISCV32, _XTENSA)


class Qemu:
    """The driver; it holds nothing."""

    NAME = "qemu"
    COUNTS = True
    INSTRUCTION_HZ = VIRTUAL_HZ

    def installed(self, board: Board) -> bool:
        """Say whether this machine has the QEMU for the board's core."""
        program = _PROGRAMS.get(board.core.isa)
        return program is not None and program.find() is not None

    def version(self, board: Board) -> str | None:
        """Return the version of the QEMU for the board's core, or None where there is none."""
        program = _PROGRAMS.get(board.core.isa)
        path = None if program is None else program.find()
        return None if path is None else version_of(path)

    def prepare(self) -> tuple[Path, ...]:
        """Compile the counter for every QEMU of this machine ahead of its first use, and return the plugins.

        Raises OpenError where it cannot be compiled.
        """
        found = [program.find() for program in _ALL]
        return tuple(dict.fromkeys(build_plugin(plugin_api(path)) for path in found if path is not None))

    def start(self, board: Board, image: Path, *, count: CountRequest | None) -> ProcessSession:
        """Start ``image`` (an ELF); when this returns, the machine runs.

        Raises OpenError where QEMU is missing or does not start, with its own words.
        """
        program, machine = _program_and_machine(board)
        path = require_program(program, board)
        require_image(image)
        with ExitStack() as resources:
            counter = open_counter(board, image, count, plugin_api(path), resources) if count else None
            options = ("-machine", machine, "-icount", "shift=0", "-kernel", str(image))
            return start_machine([str(path), *program.arguments, *options], counter, resources)


def _program_and_machine(board: Board) -> tuple[QemuProgram, str]:
    machine = next((emulator.machine for emulator in board.emulators if emulator.driver == Qemu.NAME), None)
    program = _PROGRAMS.get(board.core.isa)
    if machine is None or program is None:
        raise BadBoard(f"QEMU does not emulate {board.id}", hint="Its file names no [[emulators]] with driver 'qemu'.")
    return program, machine


DRIVER = Qemu()
