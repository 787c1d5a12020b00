# SPDX-License-Identifier: Apache-2.0
"""A child process that plays a device on a pty: its last words, its counts, its end."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol, Self

from harness import proc
from harness.boards import Board
from harness.emulation._base import Counts
from harness.errors import DeviceFault, OpenError
from harness.programs import Program

DYING_SECONDS = 1.0  # from the end of a process's connections to its own
_LAST_WORDS = 2000  # characters in a message; the log of the error holds all
_NOISE = re.compile(
    r"has no peer$"  # QEMU, of a network card that nobody uses
    r"|^Adding SPI flash|^Loading kernel|both -bios and -kernel|icount sleep disabled"  # Espressif's, at every start
    r"|^\([\w-]+\) (?!\d\d:)|^Starting emulation|\[INFO\]"  # Renode: what it was told, and that all is well
    r"|Failed to download|Download failed"  # Renode, of what it is kept from (_renode_launch.py)
)
_SHELL = 128  # added by a shell to the signal that ended what it had started


class CountRecords(Protocol):
    """What an emulator writes of the inferences that have returned."""

    def read(self) -> tuple[Counts, ...]: ...


class ProcessSession:
    """A running emulator. Use ``start_session``; closing it ends the process, twice is fine."""

    def __init__(
        self,
        *,
        name: str,
        port: str,
        child: proc.Child,
        log_fd: int,
        resources: ExitStack,
        records: CountRecords | None = None,
        ping: Callable[[], str | None] | None = None,
    ) -> None:
        self.port = port
        self.pid = child.pid
        self._name = name
        self._child = child
        self._log_fd = log_fd
        self._records = records
        self._ping = ping
        self._resources = resources
        self._closed = False

    def counts(self) -> tuple[Counts, ...]:
        """Return the counts of every inference that has returned so far, in order; none where nothing is counted."""
        return () if self._records is None else self._records.read()

    @property
    def log(self) -> str:
        """All that the emulator itself has printed."""
        return read_log(self._log_fd)

    def check(self) -> None:
        """Raise DeviceFault, with the emulator's own words, if it has died, hangs or has stopped its machine."""
        if self._closed:
            raise DeviceFault(f"the session of {self._name} is closed")
        if self._child.poll() is not None:
            raise self._fault(how_it_ended(self._child.returncode))
        complaint = self._ping() if self._ping else None
        if complaint is None:
            return
        if proc.ended_within(self._child, DYING_SECONDS):
            complaint = how_it_ended(self._child.returncode)
        proc.stop(self._child)
        raise self._fault(complaint)

    def close(self) -> None:
        """End the process and free its port; twice is fine."""
        if not self._closed:
            self._closed = True
            self.counts()  # what was counted stays readable
            self._resources.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _fault(self, what: str) -> DeviceFault:
        words = "" if "\n" in what else last_words(self.log)  # a complaint of several lines has them already
        return DeviceFault(f"{self._name} {what}{words}", log=self.log)


def require_program(program: Program, board: Board) -> Path:
    """Return the path of the emulator that a board needs. Raises OpenError where it is not installed."""
    path = program.find()
    if path is None:
        raise OpenError(f"{board.id} needs {program.wanted()}, which is not installed", hint=program.how_to_get())
    return path


def require_image(image: Path) -> None:
    """Raise OpenError where there is no image to start."""
    if not image.is_file():
        raise OpenError(f"there is no image {image}", hint="Build it first.")


def open_log(resources: ExitStack) -> int:
    """Return a file in memory for all that a child prints: it takes everything, and leaves nothing behind."""
    log_fd = os.memfd_create("emulator-log")
    resources.callback(os.close, log_fd)
    return log_fd


def read_log(log_fd: int) -> str:
    """Return the whole log; nothing once the session is closed."""
    try:
        return os.pread(log_fd, os.fstat(log_fd).st_size, 0).decode(errors="replace")
    except OSError:
        return ""


def how_it_ended(exit_code: int) -> str:
    """Say how a process, or what a script had started, ended: by itself or by which signal."""
    number = -exit_code if exit_code < 0 else exit_code - _SHELL
    if number in set(signal.Signals):
        return f"was ended by {signal.Signals(number).name}"
    return f"ended with exit code {exit_code}"


def last_words(log: str) -> str:
    """Return the end of a log as it stands in a message, without what says nothing."""
    log = "\n".join(line for line in log.splitlines() if line.strip() and not _NOISE.search(line)).strip()
    return f": {log[-_LAST_WORDS:]}" if log else " without a word"


def start_child(
    command: Sequence[str],
    resources: ExitStack,
    *,
    log_fd: int,
    line_fd: int | None = None,
    pass_fds: Sequence[int] = (),
) -> proc.Child:
    """Start a process that ends with ``resources``.

    Where ``line_fd`` is given, it is the process's input and output, and only its errors go to the log.
    """
    output_fd = log_fd if line_fd is None else line_fd
    input_fd = proc.NOTHING if line_fd is None else line_fd
    child = proc.start(command, stdin=input_fd, stdout=output_fd, stderr=log_fd, pass_fds=pass_fds)
    resources.callback(proc.stop, child)
    return child
