# SPDX-License-Identifier: Apache-2.0
"""Espressif's QEMU: the chips ESP32, ESP32-C3 and ESP32-S3, one nanosecond of virtual time an instruction."""

from __future__ import annotations

import functools
import os
import re
import shutil
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from harness import proc
from harness.boards import Board
from harness.deadline import Deadline
from harness.emulation._base import CountRequest
from harness.emulation._counter import build_plugin, open_counter
from harness.emulation._flash import flash_contents, open_flash
from harness.emulation._machine import VIRTUAL_HZ, Watch, plugin_api, start_machine, version_of
from harness.emulation._qmp import Qmp
from harness.emulation._session import ProcessSession, require_image
from harness.errors import BadBoard, OpenError, ToolError
from harness.programs import Program

_PROGRAMS = {"rv32": "qemu-system-riscv32", "xtensa": "qemu-system-xtensa"}
_INSTALL = (
    "Get it from its maker: https://github.com/espressif/qemu/releases, or as the tools qemu-xtensa and qemu-riscv32 of"
    " ESP-IDF (9.2.2 was tried)."
)
# The emulated ESP32-S3 does not hold its second core back: it gets one of two instructions in RTC memory, WAITI 15,
# and a jump to it. Without, it goes from fault to fault where no ROM is, and the first core hardly runs.
_SLEEP = "addr=0x50000000,data=0x0000fffe46007f00,data-len=8"
_SECOND_CORE = {"esp32s3": ("-device", f"loader,{_SLEEP}", "-device", "loader,addr=0x50000000,cpu-num=1")}
# While the emulated ESP32 restarts, its core stands still, and with sleep=off time may jump to what is due next: the
# watchdog that every reset starts, before the program could stop it.
_NO_WATCHDOG = {"esp32": ("-global", "driver=timer.esp32.timg,property=wdt_disable,value=true")}
_HELP_SECONDS = 20.0
_ANSWER_SECONDS = 10.0
_LOOKS = 3
_BETWEEN_LOOKS_SECONDS = 0.05
_MACHINE = re.compile(r"^(esp32\S*)", re.MULTILINE)
_PC = re.compile(r"\bpc(?:=|\s+)([0-9a-f]{8})\b", re.IGNORECASE)


class QemuEspressif:
    """The driver; it holds nothing."""

    NAME = "qemu_espressif"
    COUNTS = True
    INSTRUCTION_HZ = VIRTUAL_HZ

    def installed(self, board: Board) -> bool:
        """Say whether this machine has the program for the board's chip."""
        return find(board) is not None

    def version(self, board: Board) -> str | None:
        """Return the version of the program for the board's chip, or None where there is none."""
        path = find(board)
        return None if path is None else version_of(path)

    def prepare(self) -> tuple[Path, ...]:
        """Compile the counter ahead of its first use, where there is such a program, and return the plugin."""
        found = [path for name in _PROGRAMS.values() for path in _candidates(_program(name)) if _machines(path)]
        return tuple(dict.fromkeys(build_plugin(plugin_api(path)) for path in found))

    def start(self, board: Board, image: Path, *, count: CountRequest | None) -> ProcessSession:
        """Start ``image`` (an ELF) without the chip's mask ROM: it lies in RAM already, its constants in flash.

        Raises OpenError where the emulator is missing or does not start, with its own words.
        """
        chip = _chip(board)
        path = find(board)
        if path is None:
            raise OpenError(
                f"{board.id} needs Espressif's QEMU, which is not installed", hint=program(board).how_to_get()
            )
        require_image(image)
        with ExitStack() as resources:
            flash_fds = open_flash(flash_contents(board, image), resources)
            counter = open_counter(board, image, count, plugin_api(path), resources) if count else None
            return start_machine(
                [str(path), *machine_arguments(path, chip, flash_fds), "-kernel", str(image)],
                counter,
                resources,
                pass_fds=flash_fds,
                watch=_watch(board),
            )


def program(board: Board) -> Program:
    """Return the program for a board's chip. Raises BadBoard for a core that no chip of Espressif's has."""
    name = _PROGRAMS.get(board.core.isa)
    if name is None:
        raise BadBoard(f"Espressif's QEMU has no chip with the core {board.core.id}")
    return _program(name)


def _program(name: str) -> Program:
    return Program(name=name, variable="HARNESS_QEMU_ESPRESSIF", key="qemu_espressif", install=_INSTALL)


def machine_arguments(path: Path, chip: str, flash_fds: Sequence[int], *, real_time: bool = False) -> list[str]:
    """Return the arguments for a chip with its flash chip: an open file, which the process must inherit.

    Without a kernel it starts its mask ROM, which loads what lies in the flash chip; the ESP32's takes most of a minute
    unless it runs in ``real_time``, where an instruction takes no certain time.
    """
    machine = next(name for name in _names(chip) if name in _machines(path))
    files = [word for fd in flash_fds for word in ("-add-fd", f"fd={fd},set=2")]
    flash = ("-drive", "file=/dev/fdset/2,if=mtd,format=raw")
    counted = () if real_time else ("-icount", "shift=0,sleep=off", *_NO_WATCHDOG.get(chip, ()))
    return ["-machine", machine, *counted, *files, *flash, *_SECOND_CORE.get(chip, ())]


def _names(chip: str) -> tuple[str, ...]:
    """Return how a chip may be called: a fork's plain machine may not start where it has one of its own beside it."""
    return f"{chip}-picsimlab", chip


def find(board: Board) -> Path | None:
    """Return the program that knows the board's chip, or None where there is none."""
    candidates = _candidates(program(board)) if board.core.isa in _PROGRAMS else ()
    chip = _chip(board)
    return next((path for path in candidates if not _machines(path).isdisjoint(_names(chip))), None)


def _candidates(wanted: Program) -> tuple[Path, ...]:
    """Return the program that was named, else all of that name in PATH: stock QEMU's have it too, not the chips."""
    if wanted.wanted() != wanted.name:
        found = wanted.find()
        return (found,) if found else ()
    places = [shutil.which(wanted.name, path=folder) for folder in os.get_exec_path()]
    return tuple(Path(place).absolute() for place in places if place)


@functools.cache
def _machines(path: Path) -> frozenset[str]:
    try:
        said = proc.run([str(path), "-machine", "help"], timeout_seconds=_HELP_SECONDS).output
    except ToolError:
        return frozenset()
    return frozenset(_MACHINE.findall(said))


def _chip(board: Board) -> str:
    chip = next((each.machine for each in board.emulators if each.driver == QemuEspressif.NAME), None)
    if chip is None:
        raise BadBoard(
            f"Espressif's QEMU does not emulate {board.id}",
            hint=f"Its file names no [[emulators]] with driver {QemuEspressif.NAME!r}.",
        )
    return chip


def _watch(board: Board) -> Watch:
    """Look whether the core is where code is: a fault before there are handlers leads into the ROM, which is empty."""
    code = board.memory_for("code")

    def watch(qmp: Qmp) -> str | None:
        for _ in range(_LOOKS):
            registers = str(qmp.execute("human-monitor-command", _ask(), **{"command-line": "info registers"}))
            pc = program_counter(registers)
            if pc is None or any(0 <= pc - memory.address < memory.size_bytes for memory in code):
                return None
            time.sleep(_BETWEEN_LOOKS_SECONDS)  # a restart leads through the ROM, too
        return f"crashed: the core is at {pc:#010x}, where the program has no code\n{registers.strip()}\n"

    return watch


def program_counter(registers: str) -> int | None:
    """Return the program counter from what QEMU says of a core, or None where it stands not there."""
    found = _PC.search(registers)
    return int(found[1], 16) if found else None


def _ask() -> Deadline:
    return Deadline.after(_ANSWER_SECONDS)


DRIVER = QemuEspressif()
