# SPDX-License-Identifier: Apache-2.0
"""A point in time by which something must be done; one object is passed down through all that a call does."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock, in seconds."""

    at: float

    @staticmethod
    def after(seconds: float) -> Deadline:
        """Return the deadline that lies ``seconds`` from now."""
        return Deadline(time.monotonic() + seconds)

    @property
    def remaining_seconds(self) -> float:
        """Seconds left; 0 when it has passed."""
        return max(0.0, self.at - time.monotonic())

    @property
    def passed(self) -> bool:
        return self.remaining_seconds == 0.0

    def or_after(self, seconds: float) -> Deadline:
        """Return the earlier of this deadline and ``seconds`` from now."""
        return min(self, Deadline.after(seconds), key=lambda deadline: deadline.at)
