# SPDX-License-Identifier: Apache-2.0
"""A Renode up to its program: the process, its folder, its monitor, the machine of a board. It takes seconds."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import signal
import tempfile
from concurrent.futures import Future, wait
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, Thread

from harness import proc
from harness.boards import Emulator
from harness.deadline import Deadline
from harness.emulation._monitor import Monitor, MonitorError
from harness.emulation._session import open_log, read_log
from harness.errors import OpenError, ToolError

CORE = "sysbus.cpu"  # as Renode's descriptions of chips with one core name it
START_SECONDS = 180.0  # on a machine under load a chip's description takes a while to read
_OPTIONS = ("--console", "--disable-xwt", "--plain")
# An instruction takes a nanosecond of virtual time, as in stock QEMU. That is faster than Renode computes, so that a
# program is never held back, while one that sleeps lets the host sleep, which SetGlobalAdvanceImmediately does not.
MIPS = 1000
_QUANTUM_SECONDS = 0.001  # of virtual time, between two looks at the serial line
_SEED = 1
# Some descriptions have Renode fetch a list of the chip's registers, anew in each session, and answer from it where it
# has no model: a count must not depend on whether a network is there, nor wait for one. Nothing listens at this port.
_NO_NETWORK = dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9")
_PROXIES = ("all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A Renode without an image; ``made`` is done once its machine is made, with what went wrong where that fails."""

    child: proc.Child
    folder: Path
    log_fd: int
    monitor: Monitor
    resources: ExitStack
    made: Future[None]


@dataclass(slots=True)
class Ahead:
    """At most one Renode that was started ahead, and for which program and machine."""

    waiting: Waiting | None = None
    key: tuple[Path, Emulator] | None = None
    lock: Lock = field(default_factory=Lock)

    def begin(self, path: Path, emulator: Emulator) -> None:
        with self.lock:
            if self.waiting is None or self.key != (path, emulator) or self.waiting.child.poll() is not None:
                self.drop()
                self.waiting, self.key = launch(path, emulator), (path, emulator)
                atexit.register(self.waiting.resources.close)  # nothing is left in it once it is taken

    def take(self, path: Path, emulator: Emulator) -> Waiting | None:
        """Return what waits, once; None where there is nothing, or for another machine."""
        with self.lock:
            if self.key != (path, emulator):
                self.drop()
            waiting, self.waiting = self.waiting, None
        if waiting is not None:
            atexit.unregister(waiting.resources.close)
        return waiting

    def drop(self) -> None:
        if self.waiting is not None:
            self.waiting.resources.close()
        self.waiting = None


def launch(path: Path, emulator: Emulator) -> Waiting:
    """Start a Renode, and a thread that has it make the machine."""
    with ExitStack() as resources:
        folder = Path(tempfile.mkdtemp(prefix="harness-renode-"))
        resources.callback(shutil.rmtree, folder, ignore_errors=True)
        log_fd = open_log(resources)
        child = _start_child(path, folder, log_fd, resources)
        assert child.stdin is not None
        monitor = Monitor(child.stdin.fileno(), functools.partial(read_log, log_fd), lambda: child.poll() is not None)
        made: Future[None] = Future()
        Thread(target=_make, args=(made, monitor, emulator, folder), daemon=True).start()
        resources.callback(_let_go, child, made)
        return Waiting(
            child=child, folder=folder, log_fd=log_fd, monitor=monitor, resources=resources.pop_all(), made=made
        )


def _make(made: Future[None], monitor: Monitor, emulator: Emulator, folder: Path) -> None:
    deadline = Deadline.after(START_SECONDS)
    try:
        monitor.greet(deadline)
        for command in _machine(emulator, folder):
            monitor.execute(command, deadline)
    except (MonitorError, OSError) as error:
        made.set_exception(error)
    else:
        made.set_result(None)


def _let_go(child: proc.Child, made: Future[None]) -> None:
    """See to it that nobody writes to the child's pipes any more: they are closed next."""
    if not made.done():
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        wait([made])


def _start_child(path: Path, folder: Path, log_fd: int, resources: ExitStack) -> proc.Child:
    for name in ("home", "tmp"):
        (folder / name).mkdir()
    own = {"HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp"), "HARNESS_RENODE_FOLDER": str(folder)}
    environment = {**os.environ, **own, **_NO_NETWORK}
    for name in ("XDG_CONFIG_HOME", *_PROXIES):
        environment.pop(name, None)
    command = [str(path), *_OPTIONS]
    try:
        child = proc.start(command, env=environment, stdin=proc.PIPE, stdout=log_fd, stderr=log_fd, cwd=folder)
    except ToolError as error:
        raise OpenError(f"Renode does not start: {error.message}", hint=error.hint) from error
    resources.callback(proc.stop, child)
    return child


def _machine(emulator: Emulator, folder: Path) -> list[str]:
    """Return the commands that make the machine, up to its program."""
    return [
        'mach create "board"',
        f"machine LoadPlatformDescription @{emulator.machine}",
        f"emulation SetSeed {_SEED}",
        "emulation SetGlobalSerialExecution true",
        f'emulation SetGlobalQuantum "{_QUANTUM_SECONDS:g}"',
        f"{CORE} PerformanceInMips {MIPS}",
        f'emulation CreateUartPtyTerminal "line" "{folder / "serial"}"',
        f"connector Connect {emulator.serial} line",
    ]
