# SPDX-License-Identifier: Apache-2.0
"""What a transport promises: bytes in, bytes out, each call bounded in time, each byte logged on request.

The public methods here own deadlines, the log and the closed state; a member adds three private hooks.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Literal, Protocol, Self, TypeAlias

from harness.deadline import Deadline
from harness.errors import DeviceFault, LinkTimeout

Direction: TypeAlias = Literal["in", "out"]
Tap: TypeAlias = Callable[[Direction, bytes], None]

_LEAST_WRITE_SECONDS = 0.001  # to pyserial, 0 means that part of the bytes is enough


class ByteStream(Protocol):
    """What the link needs of a transport."""

    def read(self, maximum: int, deadline: Deadline) -> bytes:
        """Return the bytes that are there, at most ``maximum``, waiting for the first; none when time is up."""
        ...

    def write(self, data: bytes, deadline: Deadline) -> None:
        """Send all of ``data``. Raises LinkTimeout when the other side does not take it in time."""
        ...

    def close(self) -> None:
        """Give the port back; twice is fine."""
        ...


class Stream(ABC):
    """Base of the members: a ByteStream that is a context manager.

    ``tap``, if given, is called with each piece of bytes that came in or went out.
    """

    def __init__(self, port: str, tap: Tap | None = None) -> None:
        self.port = port
        self._tap = tap
        self._closed = False

    def read(self, maximum: int, deadline: Deadline) -> bytes:
        """Return the bytes that are there, at most ``maximum``, waiting for the first; none when time is up.

        Raises DeviceFault where the line has gone.
        """
        self._check_open()
        data = self._read(maximum, deadline.remaining_seconds)
        if data and self._tap is not None:
            self._tap("in", data)
        return data

    def write(self, data: bytes, deadline: Deadline) -> None:
        """Send all of ``data``; what had gone out when time was up stays sent.

        Raises LinkTimeout when the port does not take it in time, DeviceFault where the line has gone.
        """
        self._check_open()
        if not data:
            return
        if not self._write(data, max(deadline.remaining_seconds, _LEAST_WRITE_SECONDS)):
            raise LinkTimeout(
                f"{self.port} did not take {len(data)} bytes in time", hint="Is the device running, and at this speed?"
            )
        if self._tap is not None:
            self._tap("out", data)

    def close(self) -> None:
        """Give the port back; twice is fine."""
        if not self._closed:
            self._closed = True
            self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _check_open(self) -> None:
        if self._closed:
            raise DeviceFault(f"{self.port} is closed", hint="Open it again.")

    def _lost(self, error: Exception) -> DeviceFault:
        return DeviceFault(
            f"{self.port} has gone: {error}", hint="Was the board unplugged, or has its emulator ended? See its log."
        )

    @abstractmethod
    def _read(self, maximum: int, seconds: float) -> bytes:
        """Wait up to ``seconds`` for the first byte."""

    @abstractmethod
    def _write(self, data: bytes, seconds: float) -> bool:
        """Send all; False when ``seconds`` were not enough."""

    @abstractmethod
    def _close(self) -> None: ...


class Transport(Protocol):
    """A module of this package; a port ``<name>://...`` is its own, and any other belongs to ``serial``."""

    def open_stream(self, port: str, *, baud: int, tap: Tap | None = None) -> Stream:
        """Open a port. Raises OpenError, with what to do."""
        ...
