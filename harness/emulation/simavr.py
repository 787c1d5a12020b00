# SPDX-License-Identifier: Apache-2.0
"""AVR in a process of our own around libsimavr: exact in instructions and in cycles."""

from __future__ import annotations

import functools
import hashlib
import os
import re
import shutil
from contextlib import ExitStack
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from harness import proc
from harness.boards import Board
from harness.emulation._base import CountRequest, Counts
from harness.emulation._count_files import CountFile, file_in_memory, what_to_count
from harness.emulation._pty import open_pty
from harness.emulation._session import ProcessSession, open_log, require_image, start_child
from harness.errors import BadBoard, OpenError, ToolError
from harness.settings import cache_dir, writing_cache

_SOURCES = Path(__file__).parent / "simavr_device"
_FLAGS = ("-std=c11", "-O2", "-Wall", "-Wextra", "-Werror")
_LIBRARY = "libsimavr.a"
_INSTALL = "Install it: apt-get install libsimavr-dev gcc libc6-dev."
_SECONDS = 60.0
_OTHER = "other"
_DATA_SPACE = 0x800000  # where an ELF file of AVR puts what lies in RAM


class Simavr:
    """The driver; it holds nothing."""

    NAME = "simavr"
    COUNTS = True
    INSTRUCTION_HZ = 0.0  # its timers count cycles, which it is exact in

    def installed(self, board: Board) -> bool:
        """Say whether this machine has the library."""
        return board.core.isa == "avr" and _library() is not None

    def version(self, board: Board) -> str | None:
        """Return the version of the library on this machine, or None where there is none."""
        library = _library() if self.installed(board) else None
        if library is None:
            return None
        description = library.parent / "pkgconfig" / "simavr.pc"
        found = re.search(r"^Version: *(\S+)", description.read_text() if description.is_file() else "", re.MULTILINE)
        return found[1] if found else "unknown"

    def prepare(self) -> tuple[Path, ...]:
        """Compile the process ahead of its first use, where there is the library. Raises OpenError where it fails."""
        return () if _library() is None else (build_device(),)

    def start(self, board: Board, image: Path, *, count: CountRequest | None) -> ProcessSession:
        """Start ``image`` (an ELF); when this returns, the machine runs.

        Raises OpenError where the library is missing, the process does not start or the image cannot be read.
        """
        machine = next((emulator.machine for emulator in board.emulators if emulator.driver == self.NAME), None)
        if machine is None:
            raise BadBoard(f"simavr does not emulate {board.id}", hint="Its file has no [[emulators]] for it.")
        require_image(image)
        if _library() is None:
            raise OpenError(f"{board.id} needs libsimavr, which is not installed", hint=_INSTALL)
        with ExitStack() as resources:
            return _start([str(build_device()), machine, str(board.clock_hz)], board, image, count, resources)


@functools.cache
def _library() -> Path | None:
    """Return where the library lies for the compiler of this machine, or None."""
    compiler = shutil.which(os.environ.get("CC") or "gcc")
    if compiler is None:
        return None
    try:
        said = proc.run([compiler, f"-print-file-name={_LIBRARY}"], timeout_seconds=_SECONDS).output.strip()
    except ToolError:
        return None
    return Path(said) if said != _LIBRARY else None  # the compiler repeats a name that it does not find


@functools.cache
def build_device() -> Path:
    """Return the process's program, compiling it on first use. Raises OpenError where it does not compile."""
    sources = sorted(_SOURCES.glob("*.[ch]"))
    parts = (*(path.read_bytes() for path in sources), *(flag.encode() for flag in _FLAGS))
    key = hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]
    program = cache_dir() / "plugins" / f"simavr_device-{key}"
    if program.is_file():
        return program
    with writing_cache():
        program.parent.mkdir(parents=True, exist_ok=True)
    unfinished = program.with_suffix(f".{os.getpid()}")
    compiled = [str(path) for path in sources if path.suffix == ".c"]
    command = [os.environ.get("CC") or "gcc", *_FLAGS, *compiled, "-lsimavr", "-o", str(unfinished)]
    try:
        finished = proc.run(command, timeout_seconds=_SECONDS)
    except ToolError as error:
        raise OpenError(f"the AVR process cannot be compiled: {error.message}", hint=_INSTALL, log=error.log) from error
    if finished.exit_code != 0:
        raise OpenError(f"the AVR process does not compile:\n{finished.output}", hint=_INSTALL, log=finished.output)
    unfinished.replace(program)  # whoever is first: both are the same
    return program


def _start(
    command: list[str], board: Board, image: Path, count: CountRequest | None, resources: ExitStack
) -> ProcessSession:
    flash_fd = file_in_memory("avr-flash", _flash_of(image), resources)
    line = open_pty()
    resources.callback(os.close, line.port_fd)
    log_fd = open_log(resources)
    fds = [flash_fd, line.device_fd]
    records = None
    try:
        if count is not None:
            records_fd = file_in_memory("avr-records", b"", resources)
            fds += [file_in_memory("avr-config", what_to_count(board, image, count), resources), records_fd]
            records = AvrRecords(records_fd, layers=len(count.layers), memories=_memories(board))
        child = start_child([*command, *map(str, fds)], resources, log_fd=log_fd, pass_fds=fds)
    except ToolError as error:
        raise OpenError(f"the AVR process does not start: {error.message}", hint=error.hint) from error
    finally:
        os.close(line.device_fd)
    return ProcessSession(
        name="simavr", port=line.path, child=child, log_fd=log_fd, resources=resources.pop_all(), records=records
    )


def _flash_of(image: Path) -> bytes:
    """Return what an image programs into flash, from address 0 on. Raises OpenError where it cannot be read."""
    flash = bytearray()
    try:
        with image.open("rb") as stream:
            for segment in ELFFile(stream).iter_segments("PT_LOAD"):
                low, data = segment["p_paddr"], segment.data()
                if data and low < _DATA_SPACE:
                    flash.extend(b"\xff" * (low + len(data) - len(flash)))
                    flash[low : low + len(data)] = data
    except (OSError, ELFError) as error:
        raise OpenError(f"{image} is not a readable ELF image: {error}") from error
    return bytes(flash)


def _memories(board: Board) -> tuple[str, ...]:
    return (*(memory.name for memory in board.memories), _OTHER)


class AvrRecords(CountFile):
    """Instructions, cycles and reads (byte layout: ``simavr_device/counting.c``)."""

    def __init__(self, fd: int, *, layers: int, memories: tuple[str, ...]) -> None:
        self._layers = layers
        self._memories = memories
        super().__init__(fd, (1 + layers) * (2 + len(memories)))

    def _parse(self, words: tuple[int, ...]) -> Counts:
        costs, reads = words[: 2 + 2 * self._layers], words[2 + 2 * self._layers :]
        per = len(self._memories)
        by_part = [tuple(zip(self._memories, reads[at : at + per], strict=True)) for at in range(0, len(reads), per)]
        return Counts(
            instructions=costs[0],
            layer_instructions=costs[2::2],
            reads=by_part[0],
            layer_reads=tuple(by_part[1:]),
            layer_classes=((),) * self._layers,
            cycles=costs[1],
            layer_cycles=costs[3::2],
        )


DRIVER = Simavr()
