# SPDX-License-Identifier: Apache-2.0
"""Stock QEMU: boards of Cortex-M, RISC-V and Xtensa cores, one nanosecond of virtual time an instruction."""

from __future__ import annotations

import functools
import os
import re
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from harness import proc
from harness.boards import Board
from harness.deadline import Deadline
from harness.emulation._base import CountRequest
from harness.emulation._counter import Counter, build_plugin, open_counter
from harness.emulation._pty import open_pty
from harness.emulation._qmp import Qmp, QmpError
from harness.emulation._session import (
    DYING_SECONDS,
    ProcessSession,
    how_it_ended,
    last_words,
    open_log,
    read_log,
    start_child,
)
from harness.errors import BadBoard, OpenError, ToolError
from harness.programs import Program

_START_SECONDS = 20.0
_ANSWER_SECONDS = 10.0  # a living QEMU takes a millisecond; a machine under heavy load some more


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


@functools.cache
def _version_of(path: Path) -> str | None:
    try:
        said = proc.run([str(path), "--version"], timeout_seconds=_START_SECONDS).output
    except ToolError:
        return None
    found = re.search(r"version (\d+(?:\.\d+)+)", said)
    return found.group(1) if found else None


def _plugin_api(path: Path) -> int:
    """Return the version of the plugin interface to compile for: QEMU 9 dropped what version 1 used."""
    version = _version_of(path)
    if version is None:
        raise OpenError(f"{path} does not say which version of QEMU it is, so nothing can be counted in it")
    return 1 if int(version.partition(".")[0]) < 9 else 2


class Qemu:
    """The driver; it holds nothing."""

    NAME = "qemu"
    COUNTS = True
    INSTRUCTION_HZ = 1e9  # under -icount shift=0

    def installed(self, board: Board) -> bool:
        """Say whether this machine has the QEMU for the board's core."""
        program = _PROGRAMS.get(board.core.isa)
        return program is not None and program.find() is not None

    def version(self, board: Board) -> str | None:
        """Return the version of the QEMU for the board's core, or None where there is none."""
        program = _PROGRAMS.get(board.core.isa)
        path = None if program is None else program.find()
        return None if path is None else _version_of(path)

    def prepare(self) -> tuple[Path, ...]:
        """Compile the counter for every QEMU of this machine ahead of its first use, and return the plugins.

        Raises OpenError where it cannot be compiled.
        """
        found = [program.find() for program in _ALL]
        return tuple(dict.fromkeys(build_plugin(_plugin_api(path)) for path in found if path is not None))

    def start(self, board: Board, image: Path, *, count: CountRequest | None) -> ProcessSession:
        """Start ``image`` (an ELF); when this returns, the machine runs.

        Raises OpenError where QEMU is missing or does not start, with its own words.
        """
        program, machine = _program_and_machine(board)
        path = program.find()
        if path is None:
            raise OpenError(f"{board.id} needs {program.wanted()}, which is not installed", hint=program.how_to_get())
        if not image.is_file():
            raise OpenError(f"there is no image {image}", hint="Build it first.")
        with ExitStack() as resources:
            counter = open_counter(board, image, count, _plugin_api(path), resources) if count else None
            command = [str(path), *program.arguments, *_machine_arguments(machine, image)]
            return _start(command, counter, resources)


def _program_and_machine(board: Board) -> tuple[QemuProgram, str]:
    machine = next((emulator.machine for emulator in board.emulators if emulator.driver == Qemu.NAME), None)
    program = _PROGRAMS.get(board.core.isa)
    if machine is None or program is None:
        raise BadBoard(f"QEMU does not emulate {board.id}", hint="Its file names no [[emulators]] with driver 'qemu'.")
    return program, machine


def _machine_arguments(machine: str, image: Path) -> list[str]:
    return [
        *("-machine", machine, "-icount", "shift=0", "-kernel", str(image)),
        *("-nodefaults", "-no-user-config", "-display", "none", "-monitor", "none"),
        "-S",  # until everything is connected
    ]


def _start(command: list[str], counter: Counter | None, resources: ExitStack) -> ProcessSession:
    line = open_pty()
    resources.callback(os.close, line.port_fd)
    log_fd = open_log(resources)
    qmp = Qmp()
    resources.callback(qmp.close)
    # QEMU's own pty loses what is sent to nobody, and looks only once a second whether somebody has come: it gets ours,
    # as an open file.
    command += ["-add-fd", f"fd={line.device_fd},set=1", "-chardev", "pipe,id=line,path=/dev/fdset/1"]
    command += ["-serial", "chardev:line"]
    command += ["-chardev", f"socket,id=qmp,fd={qmp.remote_fd}", "-mon", "chardev=qmp,mode=control"]
    fds = [line.device_fd, qmp.remote_fd]
    if counter is not None:
        command += ["-plugin", counter.argument]
        fds += counter.pass_fds
    try:
        child = start_child(command, resources, log_fd=log_fd, pass_fds=fds)
    except ToolError as error:
        raise OpenError(f"QEMU does not start: {error.message}", hint=error.hint) from error
    finally:
        os.close(line.device_fd)
        qmp.started()
    deadline = Deadline.after(_START_SECONDS)
    try:
        qmp.greet(deadline)
        qmp.execute("cont", deadline)
    except QmpError as error:
        ended = proc.ended_within(child, DYING_SECONDS)
        why = how_it_ended(child.returncode) if ended else f"does not answer ({error})"
        log = read_log(log_fd)
        raise OpenError(f"{command[0]} {why}{last_words(log)}", log=log) from error
    return ProcessSession(
        name=Path(command[0]).name,
        port=line.path,
        child=child,
        log_fd=log_fd,
        resources=resources.pop_all(),  # closed in reverse order: first the process, last its files
        records=counter.records if counter else None,
        ping=functools.partial(_ping, qmp),
    )


def _ping(qmp: Qmp) -> str | None:
    """Return what is wrong with a QEMU that seems to live, or None."""
    try:
        status = qmp.execute("query-status", Deadline.after(_ANSWER_SECONDS))
    except QmpError as error:
        return f"does not answer ({error})"
    state = status.get("status") if isinstance(status, dict) else None
    return None if state == "running" else f"has stopped its machine: {state}"


DRIVER = Qemu()
