# SPDX-License-Identifier: Apache-2.0
"""PlatformIO started ahead: everything imported before its work is known, run as a module by ``pio.prime_pio``.

One line on standard input is the work: the project's folder and PlatformIO's words. PlatformIO would start SCons as one
more interpreter; here a fork of this one has it imported already, and takes the place of the first that is asked for.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

_PR_SET_PDEATHSIG = 1  # linux/prctl.h

# What SCons would import while PlatformIO's build scripts run.
_TOOLS = (
    *(f"SCons.Tool.{name}" for name in ("ar", "as", "cc", "c++", "gcc", "g++", "gnulink", "link")),
    "SCons.Platform.posix",
    "elftools.elf.descriptions",
    "elftools.elf.elffile",
)


def main() -> NoReturn:
    """Import, wait for the work, do it, and end with PlatformIO's exit code."""
    gc.disable()  # it lives for a second
    import platformio.__main__
    import platformio.platform.base
    import platformio.platform.factory
    import platformio.proc
    import platformio.run.cli
    import platformio.run.processor

    scons = _WaitingScons()
    line = sys.stdin.readline()
    if not line:
        os._exit(0)
    folder, *words = json.loads(line)
    os.chdir(folder)
    platformio.proc.exec_command = scons.instead_of(platformio.proc.exec_command)
    sys.argv = ["platformio", *words]
    _leave(platformio.__main__.main())


class _WaitingScons:
    """A fork that imports SCons and then waits for its work: one use."""

    def __init__(self) -> None:
        self._socket: socket.socket | None
        self._socket, theirs = socket.socketpair()
        parent = os.getpid()
        self._pid = os.fork()
        if self._pid == 0:
            self._socket.close()
            _serve(theirs, parent)
        theirs.close()

    def instead_of(self, exec_command: Any) -> Any:
        """Return what PlatformIO shall call to run a command: the fork where that is SCons, else ``exec_command``."""

        def run(words: list[str], **streams: Any) -> Any:
            if self._socket is None or Path(words[1]).name != "scons.py" or set(streams) != {"stdout", "stderr"}:
                return exec_command(words, **streams)
            return self._run(words[1:], streams["stdout"], streams["stderr"])

        return run

    def _run(self, words: list[str], stdout: Any, stderr: Any) -> dict[str, Any]:
        """Run SCons with two pipes of PlatformIO's, which read in threads of their own; return as it does."""
        assert self._socket is not None
        with self._socket as channel:
            self._socket = None
            socket.send_fds(channel, [b"\n"], [stdout.fileno(), stderr.fileno()])
            channel.sendall(json.dumps([str(Path.cwd()), dict(os.environ), words]).encode())
        _, status = os.waitpid(self._pid, 0)
        stdout.close()
        stderr.close()
        code = os.waitstatus_to_exitcode(status)
        return {"out": stdout.get_buffer().strip(), "err": stderr.get_buffer().strip(), "returncode": code}


def _serve(channel: socket.socket, parent: int) -> NoReturn:
    """Be SCons: import it, then do the one work that comes, or end when nobody is left to give any."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    import SCons.Script

    for name in _TOOLS:
        importlib.import_module(name)
    _, fds, _, _ = socket.recv_fds(channel, 1, 2)
    if not fds:
        os._exit(0)
    with channel.makefile("rb") as work:
        folder, variables, sys.argv = json.loads(work.read())
    for fd, wanted in zip(fds, (1, 2), strict=True):
        os.dup2(fd, wanted)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    try:
        SCons.Script.main()
    except SystemExit as ended:
        _leave(ended.code)
    _leave(0)


def _leave(code: object) -> NoReturn:
    """End at once: taking down the modules takes longer than many a build's last step."""
    with suppress(BrokenPipeError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 0 if code is None else 1)


if __name__ == "__main__":
    main()
