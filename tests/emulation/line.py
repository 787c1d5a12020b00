# SPDX-License-Identifier: Apache-2.0
"""A reader and writer of a session's port, without any transport: what the system itself makes of it."""

from __future__ import annotations

import os
import select
from contextlib import suppress
from types import TracebackType

from harness.deadline import Deadline

_PATIENCE_SECONDS = 60.0  # for a machine under load; a bound, not an expectation


class Line:
    """An open port."""

    def __init__(self, port: str) -> None:
        self._fd = os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)

    def __enter__(self) -> Line:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._fd)

    def ask(self, request: bytes, answer_bytes: int) -> bytes:
        """Send all of ``request`` while taking ``answer_bytes``."""
        answer = bytearray()
        deadline = Deadline.after(_PATIENCE_SECONDS)
        while request or len(answer) < answer_bytes:
            readable, writable, _ = select.select(
                [self._fd], [self._fd] if request else [], [], deadline.remaining_seconds
            )
            assert readable or writable, f"the device stopped after {len(answer)} of {answer_bytes} bytes"
            if writable:
                with suppress(BlockingIOError):
                    request = request[os.write(self._fd, request[:4096]) :]
            if readable and len(answer) < answer_bytes:
                piece = os.read(self._fd, answer_bytes - len(answer))
                assert piece, f"the line ended after {len(answer)} of {answer_bytes} bytes"
                answer += piece
        return bytes(answer)

    def read_until(self, words: bytes) -> bytes:
        """Return all that arrives up to some words, and them."""
        said = bytearray()
        deadline = Deadline.after(_PATIENCE_SECONDS)
        while words not in said:
            readable, _, _ = select.select([self._fd], [], [], deadline.remaining_seconds)
            assert readable, f"no {words!r} in {bytes(said)!r}"
            said += os.read(self._fd, 4096)
        return bytes(said)

    def is_silent_for(self, seconds: float) -> bool:
        """Say whether nothing arrives for so long."""
        return not select.select([self._fd], [], [], seconds)[0]

    def has_ended(self) -> bool:
        """Wait for the other end to hang up."""
        deadline = Deadline.after(_PATIENCE_SECONDS)
        while not deadline.passed:
            select.select([self._fd], [], [], deadline.remaining_seconds)
            try:
                if os.read(self._fd, 4096) == b"":
                    return True
            except BlockingIOError:
                continue
            except OSError:
                return True
        return False


def count_of(number: int) -> bytes:
    """Return a number as the test firmware reads it: four bytes, the lowest first."""
    return number.to_bytes(4, "little")
