# SPDX-License-Identifier: Apache-2.0
"""The seconds of a trial's work: those in which another job or process had the board's port are left out."""

from __future__ import annotations

from time import monotonic

from harness.records import BenchOutcome


class Clock:
    """A clock of one trial's own, which stands still while the trial waits for a port."""

    def __init__(self) -> None:
        self._waited_seconds = 0.0

    def now(self) -> float:
        """Return seconds since some moment."""
        return monotonic() - self._waited_seconds

    def leave_out(self, outcome: BenchOutcome) -> None:
        """Heed how long a bench has waited."""
        self._waited_seconds += outcome.waited_seconds
