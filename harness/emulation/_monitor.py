# SPDX-License-Identifier: Apache-2.0
"""Renode's monitor over the pipes of the child process: commands go in by a pipe, all that it says into the log.

Answers are text; errors are too, and leave the exit code at 0. The shapes were recorded from Renode 1.16.1.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable

from harness.deadline import Deadline

_PROMPT = re.compile(r"^\([A-Za-z0-9_-]+\) ", re.MULTILINE)
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_LOG_LINE = re.compile(r"\d\d:\d\d:\d\d\.\d{4} \[[A-Z]+\] [^\n]*\n")  # may fall into the middle of an echo
_ERRORS = ("There was an error executing command", "No such command", "Could not tokenize", "Parameters did not match")
_ABORT = re.compile(r"CPU abort|\[ERROR\] cpu: .*(?:abort|halted)", re.IGNORECASE)
_REGISTER = re.compile(r"^\| *([^|]+?) *\| *\d+ *\| *(0x[0-9A-Fa-f]+) *\|", re.MULTILINE)
_NOT_GENERAL = re.compile(r"[DSFV]\d|FP")
_POLL_SECONDS = 0.005


class MonitorError(Exception):
    """What went wrong with a command, in a few words."""


def plain(said: str) -> str:
    """Return what Renode printed with one kind of line ends and without colours."""
    return _COLOUR.sub("", said).replace("\r\n", "\n").replace("\r", "\n")


def answer_to(command: str, said: str) -> str | None:
    """Return the answer to a command in what was printed since it was given, or None before it is whole.

    It ends where the prompt stands again; lines of the log that fell in between, into the echo or into the prompt, are
    no part of it.
    Raises MonitorError where the answer is one of Renode's complaints.
    """
    text = _LOG_LINE.sub("", plain(said))
    echo = re.search(rf"^(?:\([A-Za-z0-9_-]+\) )?{re.escape(command)}[ \t]*$", text, re.MULTILINE)
    prompt = None if echo is None else _PROMPT.search(text, echo.end())
    if echo is None or prompt is None:
        return None
    body = text[echo.end() : prompt.start()]
    lines = [line for line in body.splitlines() if line.strip()]
    answer = "\n".join(lines).strip()
    if any(error in answer for error in _ERRORS):
        raise MonitorError(f"{command!r}: {answer}")
    return answer


def abort_in(log: str) -> str | None:
    """Return the line by which Renode's log tells that the emulated core has given up, or None."""
    return next((line.strip() for line in plain(log).splitlines() if _ABORT.search(line)), None)


def registers_in(table: str) -> str:
    """Return names and values of the general registers in Renode's table of all, in one line."""
    found = [(name, value) for name, value in _REGISTER.findall(table) if not _NOT_GENERAL.match(name)]
    return " ".join(f"{name.partition(' / ')[0]}={value}" for name, value in found)


def escaped(path: str) -> str:
    """Return a path as it stands behind an ``@`` in a command."""
    return path.replace("\\", "\\\\").replace(" ", "\\ ")


class Monitor:
    """The monitor of one Renode."""

    def __init__(self, input_fd: int, read_log: Callable[[], str], has_ended: Callable[[], bool]) -> None:
        self._input_fd = input_fd
        self._read_log = read_log
        self._has_ended = has_ended

    def execute(self, command: str, deadline: Deadline) -> str:
        """Give a command and return its answer. Raises MonitorError: a complaint, no answer in time, or its death."""
        before = len(self._read_log())  # the prompt is there: the last answer ended with it
        try:
            os.write(self._input_fd, f"{command}\n".encode())
        except OSError as error:
            raise MonitorError(f"takes no commands ({error.strerror})") from error
        return self._wait(lambda: answer_to(command, self._read_log()[before:]), deadline, f"no answer to {command!r}")

    def greet(self, deadline: Deadline) -> None:
        """Wait for the first prompt."""
        self._wait(lambda: "" if _PROMPT.search(plain(self._read_log())) else None, deadline, "no prompt")

    def _wait(self, look: Callable[[], str | None], deadline: Deadline, otherwise: str) -> str:
        while True:
            found = look()
            if found is not None:
                return found
            if self._has_ended():
                raise MonitorError("has ended")
            if deadline.passed:
                raise MonitorError(otherwise)
            time.sleep(_POLL_SECONDS)
