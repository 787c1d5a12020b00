# SPDX-License-Identifier: Apache-2.0
"""One warm process, seen from the outside: started, called, stopped when it breaks a limit."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, TypeAlias

from harness import proc
from harness.deadline import Deadline
from harness.errors import HarnessError
from harness.workers._child import TRACE_SIGNAL
from harness.workers.failure import CallFailed, Ending, Sent, SetUpFailed

_CHILD = "harness.workers._child"
_POLL_SECONDS = 0.5
_SETUP_SECONDS = 600.0
_TRACE_SECONDS = 2.0
_LOG_BYTES = 64 * 1024
Answer: TypeAlias = Callable[[Any], Any]  # to what a call asks meanwhile
_MEMORY_SIGNS = ("bad_alloc", "out of memory", "failed to allocate", "cannot allocate memory")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a call may take: so many seconds, and so many bytes of memory for all that its process holds."""

    seconds: float
    memory_bytes: int


class Worker:
    """A process that has called ``setup`` (``module:function``) with ``arguments``, and takes calls of its result.

    It is started at once and made ready in the background; its memory is limited from the start. Closing twice is fine.
    """

    def __init__(self, setup: str, arguments: tuple[Any, ...], limits: Limits) -> None:
        self._limits = limits
        self._log = tempfile.TemporaryFile("ab+")  # noqa: SIM115  (closed with the worker)
        ours, theirs = socket.socketpair()
        with ours, theirs:
            command = [sys.executable, "-m", _CHILD, str(theirs.fileno()), str(limits.memory_bytes)]
            log = self._log.fileno()
            self._child = proc.start(command, stdout=log, stderr=log, pass_fds=[theirs.fileno()])
            self._connection = Connection(ours.detach())
        self._ready = False
        self.resident_bytes = 0  # after the last call
        self._connection.send((setup, arguments))

    @property
    def alive(self) -> bool:
        return self._child.poll() is None

    def call(
        self, *arguments: Any, watch: Callable[[str], None] = lambda _stage: None, answer: Answer | None = None
    ) -> Any:
        """Call the process's function and return what it returns.

        ``watch`` is told of each stage, ``answer`` returns what the function is told where it asks; the process waits.
        Raises HarnessError as it was raised there, CallFailed for all else, and ends the process where it broke a
        limit. The time of the set-up and of answers does not count. Raises SetUpFailed where the process never became
        ready. Where ``answer`` raises, the process is ended.
        """
        self._make_ready(watch)
        os.ftruncate(self._log.fileno(), 0)
        return self._call(watch, self._limits.seconds, arguments, answer)

    def close(self) -> None:
        """End the process and all that it has started."""
        self.kill()
        self._connection.close()
        self._log.close()

    def kill(self) -> None:
        """End the process; a call that waits for it in another thread raises CallFailed."""
        proc.stop(self._child, grace_seconds=0.0)

    def _make_ready(self, watch: Callable[[str], None]) -> None:
        if self._ready:
            return
        try:
            self._call(watch, max(_SETUP_SECONDS, self._limits.seconds))
        except (HarnessError, CallFailed) as error:
            raise SetUpFailed(error) from error
        self._ready = True

    def _call(
        self,
        watch: Callable[[str], None],
        seconds: float,
        call: tuple[Any, ...] | None = None,
        answer: Answer | None = None,
    ) -> Any:
        try:
            if call is not None:
                self._connection.send(call)
            return self._wait(watch, seconds, answer)
        except (EOFError, ConnectionError) as error:
            raise self._death() from error

    def _wait(self, watch: Callable[[str], None], seconds: float, answer: Answer | None) -> Any:
        deadline = Deadline.after(seconds)
        while True:
            if not self._connection.poll(min(_POLL_SECONDS, deadline.remaining_seconds)):
                if deadline.passed:
                    raise self._lateness(seconds)
                if not self.alive and not self._connection.poll():
                    raise EOFError
                continue
            kind, value, *resident = self._connection.recv()
            if kind == "stage":
                watch(value)
                continue
            if kind == "question":
                left = deadline.remaining_seconds
                self._connection.send(self._answered(value, answer))
                deadline = Deadline.after(left)
                continue
            self.resident_bytes = resident[0] if resident else 0
            if kind == "error":
                raise self._error(value)
            return value

    def _answered(self, question: Any, answer: Answer | None) -> Any:
        try:
            if answer is None:
                raise RuntimeError(f"nobody answers what a call asks: {question!r}")
            return answer(question)
        except BaseException:
            self.kill()  # it would wait for ever
            raise

    def _error(self, sent: Sent) -> Exception:
        error = sent.rebuild()
        if isinstance(error, CallFailed) and error.ending is Ending.MEMORY:
            self.kill()  # who knows what was left half done
        return error

    def _lateness(self, seconds: float) -> CallFailed:
        self._child.send_signal(TRACE_SIGNAL)
        deadline = Deadline.after(_TRACE_SECONDS)
        while "most recent call first" not in self._printed() and not deadline.passed:
            time.sleep(0.02)
        trace = self._printed()
        self.kill()
        return CallFailed(Ending.LATE, f"it did not end within {seconds:g} s", trace=trace)

    def _death(self) -> CallFailed:
        proc.ended_within(self._child, _TRACE_SECONDS)
        code, printed = self._child.returncode, self._printed()
        self.kill()
        if any(sign in printed.lower() for sign in _MEMORY_SIGNS):
            return CallFailed(Ending.MEMORY, "its process ran out of memory", trace=printed)
        how = f"by signal {-code}" if code is not None and code < 0 else f"with exit code {code}"
        return CallFailed(Ending.DIED, f"its process ended {how}", trace=printed)

    def _printed(self) -> str:
        """Return the end of what the process wrote since the call began."""
        size = os.fstat(self._log.fileno()).st_size
        return os.pread(self._log.fileno(), _LOG_BYTES, max(0, size - _LOG_BYTES)).decode(errors="replace")
