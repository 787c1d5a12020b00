# SPDX-License-Identifier: Apache-2.0
"""The one tree of errors, and the exit code of each.

    HarnessError
      UserError 2          BadTask, BadModel, UnsupportedModel, BadBoard
      LimitViolated 1      DoesNotFit, WrongAnswer, Regression
      ToolError 3          BuildError 3, FlashError 4           (carries the log)
      RigError 5           OpenError, LinkTimeout, LinkCorrupt, DeviceFault, NoBoard 7, InstrumentError 6
      Inconclusive 8       (noise, too few samples)
      StoreError 2

0 is success, 70 a bug in the harness, 130 an interruption. 1 against 3-8 is the point: a limit that is not met
must never look like a loose cable. ``Failure.kind`` in the store is the name of the class.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

EXIT_OK = 0
EXIT_BUG = 70
EXIT_INTERRUPTED = 130


class HarnessError(Exception):
    """Root of every error that the harness raises on purpose: says what, where and what to do."""

    exit_code = EXIT_BUG

    def __init__(self, message: str, *, hint: str = "", log: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.log = log
        self.stage = ""

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class UserError(HarnessError):
    """The request cannot be carried out as it was made."""

    exit_code = 2


class BadTask(UserError):
    """A task's data or network is wrong."""


class BadModel(UserError):
    """A model file is damaged or not what it claims to be."""


class UnsupportedModel(UserError):
    """A model is well formed but holds an operator, type or shape that the runtime lacks."""


class BadBoard(UserError):
    """A board's description is unknown or wrong."""


class LimitViolated(HarnessError):
    """A measured or computed figure breaks a limit."""

    exit_code = 1


class DoesNotFit(LimitViolated):
    """A model needs more of a memory than the board has; ``missing_bytes`` says how much more."""

    def __init__(self, message: str, *, missing_bytes: int, hint: str = "", log: str = "") -> None:
        super().__init__(message, hint=hint, log=log)
        self.missing_bytes = missing_bytes


class WrongAnswer(LimitViolated):
    """The device's output differs from the golden output."""


class Regression(LimitViolated):
    """A figure became worse than its baseline allows."""


class ToolError(HarnessError):
    """A program that the harness called failed; ``log`` holds what it printed."""

    exit_code = 3


class BuildError(ToolError):
    """The firmware did not compile or link."""


class FlashError(ToolError):
    """The firmware could not be written to the board."""

    exit_code = 4


class RigError(HarnessError):
    """The bench, not the model, is at fault: worth a retry."""

    exit_code = 5


class OpenError(RigError):
    """A port or emulator could not be opened."""


class LinkTimeout(RigError):
    """The device did not answer in time."""


class LinkCorrupt(RigError):
    """The device's answers stayed damaged after all retransmissions."""


class DeviceFault(RigError):
    """The device or its emulator crashed, reset, or reports a fault."""


class InstrumentError(RigError):
    """A measuring instrument failed or contradicts itself."""

    exit_code = 6


class NoBoard(RigError):
    """No board of the kind asked for is connected."""

    exit_code = 7


class Inconclusive(HarnessError):
    """The samples are too few or too noisy for an answer."""

    exit_code = 8


class StoreError(HarnessError):
    """The store of results cannot be read or written."""

    exit_code = 2


# The worst first: a bug, the rig, the tools, the user's mistake, a broken limit, an open question.
_SEVERITY = (EXIT_BUG, 7, 6, 5, 4, 3, 2, 1, 8, EXIT_OK)


def worst_exit_code(codes: Iterable[int]) -> int:
    """Return the exit code of a command over several models and boards: that of its worst outcome."""
    seen = set(codes)
    return next((code for code in _SEVERITY if code in seen), EXIT_OK)


def did_you_mean(name: str, valid: Iterable[str]) -> str:
    """Return a hint that names the nearest valid choice and lists them all."""
    choices = sorted(valid)
    nearest = get_close_matches(name, choices, n=1) or get_close_matches(name.lower(), choices, n=1)
    listed = "Valid: " + ", ".join(choices) + "." if choices else "There are none."
    return (f"Did you mean {nearest[0]!r}? " if nearest else "") + listed
