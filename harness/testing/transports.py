# SPDX-License-Identifier: Apache-2.0
"""The contract of transports: a test class for each member, in the tree or outside it.

A plugin's test derives from ``TransportContract`` and says how a connected pair is made; pytest finds the rest.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import ExitStack
from typing import Protocol

from harness.deadline import Deadline
from harness.errors import DeviceFault, HarnessError, LinkTimeout, OpenError
from harness.transports import Stream, Tap, Transport

_LONG_SECONDS = 20.0
_BRIEF_SECONDS = 0.02


class Peer(Protocol):
    """The other end of a connected stream, as plain bytes."""

    def send(self, data: bytes) -> None:
        """Make ``data`` readable at the stream."""
        ...

    def receive(self, size: int) -> bytes:
        """Return exactly ``size`` bytes that the stream wrote."""
        ...

    def vanish(self) -> None:
        """Go away, as a device that is unplugged."""
        ...


class TransportContract(ABC):
    """What each transport must do, on a pair of which the other end is a real member of the family."""

    @abstractmethod
    def connect(self, stack: ExitStack, tap: Tap | None) -> tuple[Stream, Peer]:
        """Return an open stream and its other end; register on ``stack`` what must be closed in the end."""

    @abstractmethod
    def transport(self) -> Transport:
        """Return the module under test."""

    @abstractmethod
    def absent_port(self) -> str:
        """Return the name of a port that does not exist."""

    def test_bytes_of_every_value_pass_both_ways(self) -> None:
        data = bytes(range(256)) * 2
        with ExitStack() as stack:
            stream, peer = self.connect(stack, None)
            stream.write(data, _long())
            assert peer.receive(len(data)) == data
            peer.send(data)
            assert _read_exactly(stream, len(data)) == data

    def test_a_read_returns_what_is_there_without_waiting_for_more(self) -> None:
        with ExitStack() as stack:
            stream, peer = self.connect(stack, None)
            peer.send(b"abc")
            deadline = _long()
            assert stream.read(1000, deadline) in (b"a", b"ab", b"abc")
            assert not deadline.passed

    def test_a_read_returns_no_more_than_asked_for_and_loses_nothing(self) -> None:
        with ExitStack() as stack:
            stream, peer = self.connect(stack, None)
            peer.send(b"abcdefgh")
            data = b""
            while len(data) < 8:
                piece = stream.read(3, _long())
                assert 0 < len(piece) <= 3
                data += piece
            assert data == b"abcdefgh"

    def test_a_read_of_a_silent_line_ends_with_its_deadline(self) -> None:
        with ExitStack() as stack:
            stream, _ = self.connect(stack, None)
            deadline = Deadline.after(_BRIEF_SECONDS)
            assert stream.read(10, deadline) == b""
            assert deadline.passed
            assert stream.read(10, deadline) == b""

    def test_a_write_that_nobody_takes_ends_with_its_deadline(self) -> None:
        with ExitStack() as stack:
            stream, _ = self.connect(stack, None)
            try:
                for _ in range(200):
                    stream.write(bytes(100_000), Deadline.after(_BRIEF_SECONDS))
            except LinkTimeout:
                return
            raise AssertionError("20 MB went into a line that nobody reads")

    def test_a_write_after_its_deadline_still_sends_all_or_says_so(self) -> None:
        with ExitStack() as stack:
            stream, peer = self.connect(stack, None)
            try:
                stream.write(b"late", Deadline.after(-1))
            except LinkTimeout:
                return
            assert peer.receive(4) == b"late"

    def test_closing_twice_is_fine_and_nothing_goes_after_it(self) -> None:
        with ExitStack() as stack:
            stream, _ = self.connect(stack, None)
            with stream:
                pass
            stream.close()
            _raised(DeviceFault, lambda: stream.read(1, _long()))
            _raised(DeviceFault, lambda: stream.write(b"x", _long()))

    def test_a_line_that_has_gone_is_a_device_fault(self) -> None:
        with ExitStack() as stack:
            stream, peer = self.connect(stack, None)
            peer.vanish()
            _raised(DeviceFault, lambda: stream.read(1, _long()))
            stream.close()

    def test_every_byte_in_and_out_is_logged_on_request(self) -> None:
        logged: dict[str, bytes] = {"in": b"", "out": b""}

        def tap(way: str, data: bytes) -> None:
            logged[way] += data

        with ExitStack() as stack:
            stream, peer = self.connect(stack, tap)
            stream.write(b"to the device", _long())
            peer.receive(13)
            peer.send(b"and from it")
            _read_exactly(stream, 11)
        assert logged == {"out": b"to the device", "in": b"and from it"}

    def test_a_port_that_does_not_exist_is_an_open_error_with_advice(self) -> None:
        port = self.absent_port()
        error = _raised(OpenError, lambda: self.transport().open_stream(port, baud=115_200))
        assert port in error.message
        assert error.hint


def _long() -> Deadline:
    return Deadline.after(_LONG_SECONDS)


def _read_exactly(stream: Stream, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = stream.read(size - len(data), _long())
        assert piece, f"{len(data)} bytes came of {size}"
        data += piece
    return data


def _raised(kind: type[HarnessError], use: Callable[[], object]) -> HarnessError:
    try:
        use()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__} was raised")
