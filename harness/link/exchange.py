# SPDX-License-Identifier: Apache-2.0
"""Request and reply over a line that loses, doubles and damages bytes; each request is carried out once.

The host numbers its requests and sends one again until its reply comes or time is up. The device carries a number out
once and answers a repetition with the reply that it kept. docs/link.md has the rules of both sides.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from harness.deadline import Deadline
from harness.errors import DeviceFault, LinkCorrupt, LinkTimeout, RigError
from harness.link.codec import Damaged, Message, StreamDecoder, Text, encode_frame
from harness.link.messages import BOOT, NONCE_BYTES, REPLY, RESET_CAUSES, Notice, Request, Status
from harness.transports import ByteStream

READ_BYTES = 65_536
TEXT_KEPT_BYTES = 65_536

TextHook = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply's body; ``quiet`` is False where the request was sent more than once."""

    status: Status
    body: bytes
    quiet: bool
    busy_seconds: float  # from the device's notice that it has begun, to the reply; 0 where there was no notice


class _Rebooted(Exception):
    """The device told of a start of its own, or knows no session."""


class Exchange:
    """One side of a conversation, over an open stream that stays the caller's.

    ``check`` is called where the device is silent, or gone, and may raise what it knows (an emulator that has died).
    """

    def __init__(
        self,
        stream: ByteStream,
        *,
        resend_seconds: float,
        on_text: TextHook | None = None,
        check: Callable[[], None] | None = None,
    ) -> None:
        self._stream = stream
        self._resend_seconds = resend_seconds
        self._on_text = on_text
        self._check = check
        self._decoder = StreamDecoder()
        self._waiting: list[Message | Damaged] = []
        self._sequence = int.from_bytes(os.urandom(2), "little")
        self._text = bytearray()
        self.start_number: int | None = None  # the start that the session is with: a BOOT that names it is a late copy
        self.last_cause = ""

    @property
    def text(self) -> str:
        """What the device said outside frames, the last 64 KB."""
        return self._text.decode(errors="replace")

    def hello(self, deadline: Deadline) -> bytes:
        """Open a session, however often the device restarts meanwhile; return the answer's body, its nonce checked."""
        nonce = os.urandom(NONCE_BYTES)
        self.start_number = None
        self._advance()
        while True:
            try:
                reply = self._converse(Request.HELLO, nonce, deadline, busy_seconds=0.0)
            except _Rebooted:
                continue  # it listens now: send the same again at once
            if reply.status is not Status.OK:
                raise DeviceFault(f"the device refuses hello: {reply.status.name}", log=self.text)
            if reply.body[4 : 4 + NONCE_BYTES] == nonce:
                return reply.body

    def request(self, kind: int, payload: bytes, deadline: Deadline, *, busy_seconds: float = 0.0) -> Reply:
        """Send a request and return its reply, whatever its status.

        ``busy_seconds`` is how long the device is left in peace after its notice that it has begun. Raises LinkTimeout,
        LinkCorrupt where something came but nothing whole, DeviceFault where the device restarted.
        """
        self._advance()
        try:
            return self._converse(kind, payload, deadline, busy_seconds)
        except _Rebooted:
            raise DeviceFault(
                f"the device restarted while it was to answer {name_of(kind)} (cause: {self.last_cause or 'not told'})",
                hint="Its own last words, if any, are in the log.",
                log=self.text,
            ) from None

    def reset(self, deadline: Deadline) -> None:
        """Ask for a restart; return when the device has agreed, or shows that it has restarted."""
        self._advance()
        try:
            reply = self._converse(Request.RESET, b"", deadline, busy_seconds=0.0)
        except _Rebooted:
            return
        if reply.status is not Status.OK:
            raise DeviceFault(f"the device refuses a reset: {reply.status.name}", log=self.text)

    def _advance(self) -> None:
        self._sequence = (self._sequence + 1) & 0xFFFF

    def _converse(self, kind: int, payload: bytes, deadline: Deadline, busy_seconds: float) -> Reply:
        frame = encode_frame(Message(kind, self._sequence, payload))
        sent, damaged, started_at = 0, 0, None
        patience = self._resend_seconds
        while not deadline.passed:
            with self._explained():
                self._stream.write(frame, deadline)
            sent += 1
            attempt = deadline.or_after(patience if started_at is None else max(patience, busy_seconds))
            while True:
                message = self._next(attempt)
                if message is None:
                    break
                if isinstance(message, Damaged):
                    damaged += 1
                    break  # the reply, most likely: while it is busy, the device says nothing else
                if message.type == Notice.NAK:
                    damaged += 1
                    if started_at is None:
                        break
                elif message.type == Notice.BOOT:
                    self._note_boot(message)
                elif message.sequence != self._sequence:
                    continue  # a late copy of an earlier reply
                elif message.type == Notice.STARTED and started_at is None:
                    started_at = deadline.remaining_seconds
                    attempt = deadline.or_after(max(patience, busy_seconds))
                elif message.type == kind | REPLY and message.payload:
                    return self._accept(message, kind, sent, started_at, deadline)
            if self._check is not None:
                self._check()
            patience = min(2 * patience, 8 * self._resend_seconds)
        raise self._gave_up(kind, sent, damaged)

    def _accept(self, message: Message, kind: int, sent: int, started_at: float | None, deadline: Deadline) -> Reply:
        try:
            status = Status(message.payload[0])
        except ValueError:
            raise DeviceFault(
                f"the device answers {name_of(kind)} with the unknown status {message.payload[0]}", log=self.text
            ) from None
        if status is Status.NO_SESSION:
            raise _Rebooted
        busy = 0.0 if started_at is None else started_at - deadline.remaining_seconds
        return Reply(status, message.payload[1:], sent == 1, busy)

    def _next(self, deadline: Deadline) -> Message | Damaged | None:
        """Return the next frame, whole or damaged, or None when time is up; text goes to the log and the hook."""
        while not self._waiting:
            with self._explained():
                data = self._stream.read(READ_BYTES, deadline)
            if not data:
                return None
            for event in self._decoder.feed(data):
                if isinstance(event, Text):
                    self._keep_text(event.data)
                else:
                    self._waiting.append(event)
        return self._waiting.pop(0)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Let the check say why the line has gone, where it knows."""
        try:
            yield
        except DeviceFault:
            if self._check is not None:
                self._check()
            raise

    def _keep_text(self, data: bytes) -> None:
        self._text += data
        del self._text[:-TEXT_KEPT_BYTES]
        if self._on_text is not None:
            self._on_text(data)

    def _note_boot(self, message: Message) -> None:
        if len(message.payload) >= BOOT.size:
            count, cause = BOOT.unpack_from(message.payload)
            self.last_cause = f"{RESET_CAUSES.get(cause, 'unknown')}, start number {count}"
            if count == self.start_number:
                return  # where it is no copy after all, the device will say NO_SESSION
        raise _Rebooted

    def _gave_up(self, kind: int, sent: int, damaged: int) -> RigError:
        what = f"no answer to {name_of(kind)} after sending it {sent} times"
        if damaged:
            return LinkCorrupt(
                f"{what}; {damaged} damaged frames came or were reported",
                hint="Check the speed, the cable and the ground; another program may be reading the port.",
                log=self.text,
            )
        return LinkTimeout(
            what, hint="Is this the right port and speed, and does the board run this firmware?", log=self.text
        )


def name_of(kind: int) -> str:
    """Return a request's name for people."""
    try:
        return Request(kind).name.lower().replace("_", " ")
    except ValueError:
        return f"request {kind:#04x}"
