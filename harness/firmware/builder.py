# SPDX-License-Identifier: Apache-2.0
"""Building a project with PlatformIO, and telling what went wrong in the words of the compiler or linker."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from harness import proc
from harness.boards import Board
from harness.errors import BuildError, DoesNotFit, ToolError
from harness.firmware.project import Project
from harness.firmware.toolchain import is_local, toolchain_version
from harness.pio import core_dir, has_platform, start_pio

if TYPE_CHECKING:
    from harness.firmware.elf import Figures

_TIMEOUT_SECONDS = 600.0
_LIBRARY_TIMEOUT_SECONDS = 3600.0  # a library of hundreds of files, the first time
_OVERFLOW = re.compile(r"region [`'\"]?(\w+)'? overflowed by (\d+) bytes")
_COMPILER = re.compile(r"^(?P<where>\S[^:\n]*:\d+(?::\d+)?): (?:fatal )?error: (?P<what>.+)$", re.MULTILINE)
_LINKER = re.compile(
    r"^.*?(?:/ld(?:\.\w+)?: |undefined reference|multiple definition|[Ff]atal error: |Error: |Error 127).*$",
    re.MULTILINE,
)
_SYMBOL = re.compile(r"^.*(?:undefined reference to|multiple definition of) .*$", re.MULTILINE)
_DOWNLOAD = re.compile(r"HTTPClientError|UnknownPackageError|InternetConnectionError|PackageException")


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltImage:
    """A linked image, its figures, and how it came to be."""

    elf: Path
    build_key: str
    figures: Figures
    toolchain: str
    flags: str
    log: str
    seconds: float


class Building:
    """A build under way in a process of its own, so that its starter can do other things meanwhile."""

    def __init__(self, project: Project, board: Board, child: proc.Child) -> None:
        self._project = project
        self._board = board
        self._child = child
        self._began = monotonic()

    def image(self) -> BuiltImage:
        """Wait for the build to end and return what it made.

        Raises DoesNotFit with the bytes that are missing, BuildError with the first error and the whole log.
        """
        from harness.firmware.elf import read_figures  # with pyelftools: not needed before there is an image

        limit = _LIBRARY_TIMEOUT_SECONDS if (self._project.folder / "lib").is_dir() else _TIMEOUT_SECONDS
        finished = proc.finish(self._child, timeout_seconds=limit)
        seconds = monotonic() - self._began
        elf = _objects(self._project, self._board) / "firmware.elf"
        if finished.exit_code != 0 or not elf.is_file():
            raise _why(finished.output, self._board)
        _mark(self._project, self._board).unlink(missing_ok=True)
        return BuiltImage(
            elf=elf,
            build_key=self._project.build_key,
            figures=read_figures(elf, elf.with_suffix(".map"), self._board),
            toolchain=toolchain_version(self._board),
            flags=self._project.flags,
            log=finished.output,
            seconds=seconds,
        )


@contextmanager
def begin_build(project: Project, board: Board) -> Iterator[Building]:
    """Start building a project with ``pio run``; what still runs at the end of the block is stopped.

    Raises ToolError where the compiler or a board's platform is not installed.
    """
    toolchain_version(board)
    _check_platform(project, board)
    _forget_unfinished(project, board)
    child = start_pio(project.folder, ["--environment", board.id])
    try:
        yield Building(project, board, child)
    finally:
        proc.stop(child)


def build(project: Project, board: Board) -> BuiltImage:
    """Build a project and wait for it. Raises what ``begin_build`` and ``Building.image`` do."""
    with begin_build(project, board) as building:
        return building.image()


def _forget_unfinished(project: Project, board: Board) -> None:
    """Remove the objects of a build that did not come to its end, and mark this one as begun.

    SCons notes at its end from what it made an object. Where it was stopped before that, objects are newer than its
    notes, and it would take them for those of the sources that it knew.
    """
    mark = _mark(project, board)
    if mark.exists():
        shutil.rmtree(_objects(project, board), ignore_errors=True)
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()


def _mark(project: Project, board: Board) -> Path:
    return project.folder / ".pio" / f"{board.id}.unfinished"


def _objects(project: Project, board: Board) -> Path:
    return project.folder / ".pio" / "build" / board.id


def _check_platform(project: Project, board: Board) -> None:
    name = re.split(r"[@/]", board.platformio.platform.rpartition("/")[2])[0]
    if is_local(board) or has_platform(name):
        return
    raise ToolError(
        f"PlatformIO's platform {name!r} for board {board.id} is not installed",
        hint=f"Where there is a network: PLATFORMIO_CORE_DIR={core_dir()} pio pkg install -d {project.folder}",
    )


def _why(log: str, board: Board) -> ToolError | DoesNotFit:
    overflows = {region: int(missing) for region, missing in _OVERFLOW.findall(log)}
    if overflows:
        text = ", ".join(f"{missing} bytes more of {region!r}" for region, missing in sorted(overflows.items()))
        return DoesNotFit(
            f"the firmware needs {text} than board {board.id} has",
            missing_bytes=sum(overflows.values()),
            hint="Make the model smaller, or take a board with more memory: 'harness fit' tells which would hold it.",
            log=log,
        )
    compiler = _COMPILER.search(log)
    if compiler:
        where, what = compiler["where"], compiler["what"]
        return BuildError(f"the firmware for {board.id} does not compile: {where}: {what}", log=log)
    if _DOWNLOAD.search(log):
        return ToolError(
            f"PlatformIO lacks a package for board {board.id} and could not download it",
            hint="'harness doctor' says what is missing; a real board's packages need a network once.",
            log=log,
        )
    linker = _SYMBOL.search(log) or _LINKER.search(log)  # the line before a symbol says only in which function it is
    said = [line.strip() for line in log.splitlines() if line.strip() and not line.startswith("==")]
    reason = linker.group(0).strip() if linker else (said[-1] if said else "PlatformIO printed nothing")
    return BuildError(f"the firmware for {board.id} was not built: {reason}", log=log)
