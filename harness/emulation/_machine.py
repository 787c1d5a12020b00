# SPDX-License-Identifier: Apache-2.0
"""A QEMU that runs a machine: its version, its start with everything connected, and whether it lives."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from harness import proc
from harness.deadline import Deadline
from harness.emulation._counter import Counter
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
from harness.errors import OpenError, ToolError

VIRTUAL_HZ = 1e9  # of virtual time, under -icount shift=0
_START_SECONDS = 20.0
_ANSWER_SECONDS = 10.0  # a living QEMU takes a millisecond; a machine under heavy load some more
# What every machine is started with; it waits (-S) until everything is connected.
_ARGUMENTS = ("-nodefaults", "-no-user-config", "-display", "none", "-monitor", "none", "-S")

Watch = Callable[[Qmp], str | None]  # says what is wrong with a machine that runs, or nothing


@functools.cache
def version_of(path: Path) -> str | None:
    """Return what a QEMU says of its version, or None where it says nothing of the kind."""
    try:
        said = proc.run([str(path), "--version"], timeout_seconds=_START_SECONDS).output
    except ToolError:
        return None
    found = re.search(r"version (\d+(?:\.\d+)+)", said)
    return found.group(1) if found else None


def plugin_api(path: Path) -> int:
    """Return the version of a QEMU's plugin interface: 1 up to QEMU 8, 2 with 9.0, 3 with 9.1, then 4.

    Later ones take plugins of version 4 too. Raises OpenError where it does not say which QEMU it is.
    """
    version = version_of(path)
    if version is None:
        raise OpenError(f"{path} does not say which version of QEMU it is, so nothing can be counted in it")
    major, minor = (int(number) for number in version.split(".")[:2])
    if major < 9:
        return 1
    return min(2 + minor, 4) if major == 9 else 4


def start_machine(
    machine: Sequence[str],
    counter: Counter | None,
    resources: ExitStack,
    *,
    pass_fds: Sequence[int] = (),
    watch: Watch | None = None,
) -> ProcessSession:
    """Start a QEMU by its program and its machine's own arguments; when this returns, the machine runs.

    ``resources`` are closed with the session. Raises OpenError where it does not start, with its own words.
    """
    line = open_pty()
    resources.callback(os.close, line.port_fd)
    log_fd = open_log(resources)
    qmp = Qmp()
    resources.callback(qmp.close)
    # QEMU's own pty loses what is sent to nobody, and looks only once a second whether somebody has come: it gets ours,
    # as an open file.
    command = [*machine, *_ARGUMENTS]
    command += ["-add-fd", f"fd={line.device_fd},set=1", "-chardev", "pipe,id=line,path=/dev/fdset/1"]
    command += ["-serial", "chardev:line"]
    command += ["-chardev", f"socket,id=qmp,fd={qmp.remote_fd}", "-mon", "chardev=qmp,mode=control"]
    fds = [line.device_fd, qmp.remote_fd, *pass_fds]
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
        ping=functools.partial(_ping, qmp, watch),
    )


def _ping(qmp: Qmp, watch: Watch | None) -> str | None:
    """Return what is wrong with a QEMU that seems to live, or None."""
    try:
        status = qmp.execute("query-status", Deadline.after(_ANSWER_SECONDS))
        state = status.get("status") if isinstance(status, dict) else None
        if state != "running":
            return f"has stopped its machine: {state}"
        return watch(qmp) if watch else None
    except QmpError as error:
        return f"does not answer ({error})"
