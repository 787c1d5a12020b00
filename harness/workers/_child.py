# SPDX-License-Identifier: Apache-2.0
"""The process that stays warm: ``python -m harness.workers._child DESCRIPTOR MEMORY_BYTES``.

It receives the name of a function with its arguments, calls it once, and then what that returned for each call. It
answers with pairs of a kind and a value: ``ready``, ``stage``, ``question`` (it then waits for the answer), and at the
end ``result`` or ``error``.
"""

from __future__ import annotations

import faulthandler
import importlib
import os
import resource
import signal
import sys
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from harness.workers.failure import pack

TRACE_SIGNAL = signal.SIGUSR1


def main() -> None:
    """Serve calls until the other side is gone."""
    descriptor, memory_bytes = int(sys.argv[1]), int(sys.argv[2])
    _make_crashes_speak()
    os.set_inheritable(descriptor, False)  # else what a task starts would hold the line open
    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    connection = Connection(descriptor)
    with suppress(EOFError, ConnectionError):
        _serve(connection)
    sys.stdout.flush()
    os._exit(0)  # what a task has started in threads of its own ends as well


def _serve(connection: Connection) -> None:
    name, arguments = connection.recv()
    try:
        module, _, function = name.partition(":")
        work = getattr(importlib.import_module(module), function)(*arguments)
    except BaseException as error:
        connection.send(("error", pack(error)))
        return
    connection.send(("ready", None))

    def watch(stage: str) -> None:
        connection.send(("stage", stage))

    def ask(question: Any) -> Any:
        connection.send(("question", question))
        return connection.recv()

    while True:
        arguments = connection.recv()
        try:
            answer = ("result", work(*arguments, watch=watch, ask=ask))
        except BaseException as error:  # SystemExit too: a task must not end this process in silence
            answer = ("error", pack(error))
        connection.send((*answer, _resident_bytes()))


def _make_crashes_speak() -> None:
    """Write a Python trace to the log on a crash, and when asked by the signal; wherever stderr leads by then."""
    log = os.fdopen(os.dup(2), "w")
    faulthandler.enable(file=log)
    faulthandler.register(TRACE_SIGNAL, file=log, all_threads=False)


def _resident_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123  (pathlib reads it in several steps)
        return int(file.read().split()[1]) * resource.getpagesize()


if __name__ == "__main__":
    main()
