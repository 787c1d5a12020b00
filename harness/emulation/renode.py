# SPDX-License-Identifier: Apache-2.0
"""Renode: chips with their own memory maps and serial ports, so that the image that is flashed is the one that runs.

Tried with 1.16.1. A child process of which no socket is opened: its monitor is on the child's pipes, the serial port is
a pty. Its home and its folder for temporary files are its own and end with it, because Renode clears what other Renodes
left in a shared one.
"""

from __future__ import annotations

import functools
import os
import re
import tty
from contextlib import ExitStack, suppress
from pathlib import Path

from harness import proc
from harness.boards import Board, Emulator
from harness.deadline import Deadline
from harness.emulation._base import CountRequest, Counts
from harness.emulation._monitor import Monitor, MonitorError, abort_in, escaped, registers_in
from harness.emulation._renode_launch import CORE, MIPS, START_SECONDS, Ahead, Waiting, launch
from harness.emulation._session import (
    DYING_SECONDS,
    ProcessSession,
    how_it_ended,
    last_words,
    read_log,
    require_image,
    require_program,
)
from harness.emulation._symbols import function_ranges
from harness.errors import BadBoard, OpenError, ToolError
from harness.programs import Program

PROGRAM = Program(
    name="renode",
    variable="HARNESS_RENODE",
    key="renode",
    install="Get it from https://renode.io/#downloads (1.16.1 was tried).",
)
_COUNTER = Path(__file__).parent / "renode_script" / "counter.ironpython"  # no module of the harness
_VERSION_SECONDS = 60.0
_ANSWER_SECONDS = 10.0
_REGISTERS = f"{CORE} GetRegistersValues"
_ahead = Ahead()


@functools.cache
def _version_of(path: Path, changed: int) -> str | None:
    del changed  # another program now, another version
    try:
        said = proc.run([str(path), "--version"], timeout_seconds=_VERSION_SECONDS).output
    except ToolError:
        return None
    found = re.search(r"v?(\d+\.\d+\.\d+)", said)
    return found.group(1) if found else None


class Renode:
    """The driver; it holds nothing."""

    NAME = "renode"
    COUNTS = True
    INSTRUCTION_HZ = MIPS * 1e6

    def installed(self, board: Board) -> bool:
        """Say whether this machine has Renode."""
        del board
        return PROGRAM.find() is not None

    def version(self, board: Board) -> str | None:
        """Return the version of Renode on this machine, or None where there is none."""
        del board
        path = PROGRAM.find()
        return None if path is None else _version_of(path, path.stat().st_mtime_ns)

    def start(self, board: Board, image: Path, *, count: CountRequest | None) -> ProcessSession:
        """Start ``image`` (an ELF); when this returns, the machine runs.

        Raises OpenError where Renode is missing, does not start or refuses the board, with its own words.
        """
        emulator = _emulator(board)
        if emulator is None:
            raise BadBoard(
                f"Renode does not emulate {board.id}",
                hint="Its file needs [[emulators]] with driver 'renode', a machine and the name of the serial port.",
            )
        path = require_program(PROGRAM, board)
        require_image(image)
        waiting = _ahead.take(path, emulator) or launch(path, emulator)
        with waiting.resources as resources:
            counts = None if count is None else _prepare_counts(image, count, waiting.folder)
            (waiting.folder / "image.elf").symlink_to(image.absolute())  # whatever its path is made of
            return _start(waiting, counts, resources)

    def start_ahead(self, board: Board) -> None:
        """Start a Renode that reads the board's description and then waits for the next ``start`` for such a board.

        Nothing happens where Renode is missing; what is never used ends with this process.
        """
        emulator, path = _emulator(board), PROGRAM.find()
        if emulator is not None and path is not None:
            _ahead.begin(path, emulator)


def _emulator(board: Board) -> Emulator | None:
    return next((e for e in board.emulators if e.driver == Renode.NAME and not e.stand_in and e.serial), None)


def _prepare_counts(image: Path, request: CountRequest, folder: Path) -> _CountFile:
    ranges = function_ranges(image, (request.caller, request.inference, *request.layers))
    lines = [("caller", *ranges[request.caller]), ("inference", *ranges[request.inference])]
    lines += [("layer", *ranges[name]) for name in request.layers]
    (folder / "counter.py").write_bytes(_COUNTER.read_bytes())
    (folder / "functions").write_text("".join(f"{word} {low} {high}\n" for word, low, high in lines))
    return _CountFile(folder / "counts", layers=len(request.layers))


def _start(waiting: Waiting, counts: _CountFile | None, resources: ExitStack) -> ProcessSession:
    child, folder, log_fd, monitor = waiting.child, waiting.folder, waiting.log_fd, waiting.monitor
    try:
        waiting.made.result()
        deadline = Deadline.after(START_SECONDS)
        for command in _program(folder, counting=counts is not None):
            monitor.execute(command, deadline)
        port = _open_port(folder / "serial", resources)
        monitor.execute("start", deadline)
    except (MonitorError, OSError) as error:
        why = how_it_ended(child.returncode) if proc.ended_within(child, DYING_SECONDS) else f"did not start: {error}"
        log = read_log(log_fd)
        raise OpenError(f"Renode {why}{last_words(log)}", log=log) from error
    return ProcessSession(
        name="Renode",
        port=port,
        child=child,
        log_fd=log_fd,
        resources=resources.pop_all(),  # closed in reverse order: first the line, then the process, last its folder
        records=counts,
        ping=functools.partial(_ping, monitor, log_fd),
    )


def _program(folder: Path, *, counting: bool) -> list[str]:
    """Return the commands that load the image, and the counter where there is one."""
    image = f"sysbus LoadELF @{escaped(str(folder / 'image.elf'))}"
    commands = [f'macro reset "{image}"', image]  # without the macro a reset leaves a Cortex-M at address 0
    return [*commands, f"include @{escaped(str(folder / 'counter.py'))}"] if counting else commands


def _open_port(link: Path, resources: ExitStack) -> str:
    """Return the pty's path; it is kept open here and raw, so that the line lasts between two readers."""
    path = str(link.resolve(strict=True))
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
    resources.callback(os.close, fd)
    tty.setraw(fd)
    return path


def _ping(monitor: Monitor, log_fd: int) -> str | None:
    """Return what is wrong with a Renode that seems to live, or None."""
    deadline = Deadline.after(_ANSWER_SECONDS)
    aborted = abort_in(read_log(log_fd))
    if aborted is not None:
        registers = ""
        with suppress(MonitorError):
            registers = registers_in(monitor.execute(_REGISTERS, deadline))
        return f"has given up the program:\n{aborted}\n{registers}"
    try:
        monitor.execute(f"{CORE} IsHalted", deadline)
    except MonitorError as error:
        return f"does not answer ({error})"
    return None


class _CountFile:
    """The lines that the counter has written so far; each is read once, and kept."""

    def __init__(self, path: Path, *, layers: int) -> None:
        self._path = path
        self._layers = layers
        self._read_bytes = 0
        self._seen: list[Counts] = []

    def read(self) -> tuple[Counts, ...]:
        """Return all counts so far, in order."""
        with suppress(OSError), self._path.open("rb") as stream:  # none before the first, none once it is closed
            stream.seek(self._read_bytes)
            whole, _, _ = stream.read().rpartition(b"\n")
            if whole:
                self._read_bytes += len(whole) + 1
                self._seen += [parse_counts(line.decode(), self._layers) for line in whole.splitlines()]
        return tuple(self._seen)


def parse_counts(line: str, layers: int) -> Counts:
    """Return the counts of a line of the counter's file; reads and classes of instructions are not told by Renode."""
    instructions, *parts = (int(number) for number in line.split())
    if len(parts) != layers:
        raise ValueError(f"a count of {len(parts)} layers where there are {layers}: {line!r}")
    return Counts(
        instructions=instructions,
        layer_instructions=tuple(parts),
        reads=(),
        layer_reads=((),) * layers,
        layer_classes=((),) * layers,
    )


DRIVER = Renode()
