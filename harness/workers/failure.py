# SPDX-License-Identifier: Apache-2.0
"""How a call ends that gives no result, and how an error of ours travels between processes."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from harness.errors import HarnessError


class Ending(StrEnum):
    """What ended a call."""

    RAISED = "raised"  # an error that is none of ours
    LATE = "late"  # the time limit; the process was killed
    MEMORY = "memory"  # the memory limit
    DIED = "died"  # the process ended, by a signal or by itself


class CallFailed(Exception):
    """A call that gave no result: how, in one line, with the trace or what the process printed last.

    ``files`` are those of the trace's frames, the innermost last.
    """

    def __init__(self, ending: Ending, message: str, *, trace: str = "", files: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.ending = ending
        self.message = message
        self.trace = trace
        self.files = files


class SetUpFailed(Exception):
    """A process never became ready for calls: ``cause`` says why."""

    def __init__(self, cause: HarnessError | CallFailed) -> None:
        super().__init__(cause.message)
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Sent:
    """An error as it travels: one of ours whole, any other by its name, text and trace."""

    kind: type[HarnessError] | None
    arguments: tuple[Any, ...]
    attributes: Mapping[str, Any]
    ending: Ending = Ending.RAISED
    trace: str = ""
    files: tuple[str, ...] = ()

    def rebuild(self) -> Exception:
        """Return the error: as it was where it is ours, else a CallFailed."""
        if self.kind is None:
            return CallFailed(self.ending, str(self.arguments[0]), trace=self.trace, files=self.files)
        error = self.kind.__new__(self.kind)
        error.args = self.arguments
        error.__dict__.update(self.attributes)
        return error


def pack(error: BaseException) -> Sent:
    """Return an error in the form in which it is sent."""
    if isinstance(error, HarnessError):
        return Sent(type(error), error.args, dict(error.__dict__))
    frames = traceback.extract_tb(error.__traceback__)
    line = "".join(traceback.format_exception_only(error)).strip().splitlines()
    return Sent(
        None,
        (line[-1] if isinstance(error, SyntaxError) else line[0],),
        {},
        Ending.MEMORY if _is_memory(error) else Ending.RAISED,
        "".join(traceback.format_exception(error)),
        tuple(frame.filename for frame in frames),
    )


def _is_memory(error: BaseException) -> bool:
    """Say whether memory was refused; TensorFlow has a class of its own for it."""
    return isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError"
