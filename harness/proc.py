# SPDX-License-Identifier: Apache-2.0
"""Child processes that never outlive the harness: the only module that starts any.

Each child gets a process group of its own, so that its children end with it, and a death signal from the kernel, so
that even ``kill -9`` of the harness ends it.
"""

from __future__ import annotations

import ctypes
import functools
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from harness.errors import ToolError

Child: TypeAlias = "subprocess.Popen[bytes]"
NOTHING = subprocess.DEVNULL  # as a child's input or output
PIPE = subprocess.PIPE

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A child that ended by itself: its exit code and what it printed, both streams in one text."""

    exit_code: int
    output: str


def _die_with_parent(parent: int) -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # the parent died between fork and prctl
        os._exit(1)


def start(
    command: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: int | None = NOTHING,
    stdout: int | None = subprocess.PIPE,
    stderr: int | None = subprocess.STDOUT,
    pass_fds: Sequence[int] = (),
) -> Child:
    """Start a child in its own process group that dies with this process.

    Raises ToolError where it is not installed or cannot be executed. The caller may be any thread, and need not last.
    """
    parent = os.getpid()

    def launch() -> Child:
        return subprocess.Popen(
            command,
            cwd=cwd,
            env=None if env is None else dict(env),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            pass_fds=pass_fds,
            start_new_session=True,
            preexec_fn=lambda: _die_with_parent(parent),  # noqa: PLW1509
        )

    try:
        # The kernel's death signal comes when the *thread* that forked ends, not the process.
        if threading.current_thread() is threading.main_thread():
            return launch()
        return _lasting_thread(parent).submit(launch).result()
    except FileNotFoundError as error:
        if cwd is not None and not cwd.is_dir():
            raise ToolError(f"{command[0]!r} cannot run in {cwd}: there is no such folder") from error
        raise ToolError(
            f"the program {command[0]!r} is not installed", hint="Run 'harness doctor': it names what to install."
        ) from error
    except OSError as error:
        raise ToolError(f"{command[0]!r} cannot be executed: {error.strerror}") from error


@functools.cache
def _lasting_thread(pid: int) -> ThreadPoolExecutor:  # noqa: ARG001  (a fork has the cache, but not the thread)
    """Return a thread that ends with this process, to start children for those that end earlier."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="harness-proc")


def ended_within(child: Child, seconds: float) -> bool:
    """Say whether a child ends by itself within so long; then ``child.returncode`` is known."""
    with suppress(subprocess.TimeoutExpired):
        child.wait(timeout=seconds)
    return child.returncode is not None


def stop(child: Child, *, grace_seconds: float = 1.0) -> None:
    """End a child and all that it started: first asked, then killed. Twice is fine."""
    for sig, patience in ((signal.SIGTERM, grace_seconds), (signal.SIGKILL, 5.0)):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, sig)
        with suppress(subprocess.TimeoutExpired):
            child.wait(timeout=patience)
            break
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)  # what the child itself left behind
    for stream in (child.stdin, child.stdout, child.stderr):
        if stream is not None:
            stream.close()


def run(
    command: Sequence[str],
    *,
    timeout_seconds: float,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Finished:
    """Run a child to its end. Raises ToolError, with what it printed, when it takes longer than ``timeout_seconds``."""
    return finish(start(command, cwd=cwd, env=env), timeout_seconds=timeout_seconds)


def finish(child: Child, *, timeout_seconds: float) -> Finished:
    """Wait for the end of a child that was started before, whatever it printed since. Raises what ``run`` does."""
    try:
        output, _ = child.communicate(timeout=timeout_seconds)
    except subprocess.TimeoutExpired as error:
        log = (error.output or b"").decode(errors="replace")
        program = child.args[0] if isinstance(child.args, Sequence) else child.args
        raise ToolError(f"{program!r} did not end within {timeout_seconds:g} s", log=log) from error
    finally:
        stop(child)
    return Finished(exit_code=child.returncode, output=output.decode(errors="replace"))


def which(program: str) -> Path | None:
    """Return the path of an installed program, or None."""
    found = shutil.which(program)
    return Path(found) if found else None


def started_at(pid: int) -> str | None:
    """Return when a process or thread of this machine was started, in ticks since its boot; None where it is dead.

    An id is used again, together with this it names one process (proc_pid_stat(5), fields 3 and 22).
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]
