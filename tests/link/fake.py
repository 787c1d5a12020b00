# SPDX-License-Identifier: Apache-2.0
"""A device played by a function: for answers that the real firmware never gives."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from harness.deadline import Deadline
from harness.link.codec import Message, StreamDecoder, encode_frame
from harness.link.messages import NONCE_BYTES, REPLY, Request, Status

Answer = Callable[[Message], list[Message | bytes]]


@dataclass(slots=True)
class PlayedStream:
    """A ByteStream that gives each message to ``answer`` and lets what it returns be read; bytes go out as they are."""

    answer: Answer
    received: list[Message] = field(default_factory=list)
    closed: int = 0
    _decoder: StreamDecoder = field(default_factory=StreamDecoder)
    _waiting: bytearray = field(default_factory=bytearray)

    def read(self, maximum: int, deadline: Deadline) -> bytes:
        if not self._waiting:
            time.sleep(deadline.remaining_seconds)
        data = bytes(self._waiting[:maximum])
        del self._waiting[:maximum]
        return data

    def write(self, data: bytes, deadline: Deadline) -> None:  # noqa: ARG002
        for event in self._decoder.feed(data):
            if isinstance(event, Message):
                self.received.append(event)
                for item in self.answer(event):
                    self._waiting += item if isinstance(item, bytes) else encode_frame(item)

    def close(self) -> None:
        self.closed += 1


def reply(to: Message, body: bytes = b"", status: int = Status.OK) -> Message:
    """Return the answer to a request."""
    return Message(to.type | REPLY, to.sequence, bytes([status]) + body)


def hello_body(nonce: bytes, *, version: int = 1, inputs: int = 1, outputs: int = 1, boots: int = 0) -> bytes:
    """Return what a device with layers, inputs and outputs of four bytes says of itself."""
    head = version.to_bytes(2, "little") + (1024).to_bytes(2, "little") + nonce[:NONCE_BYTES]
    counts = inputs.to_bytes(2, "little") + outputs.to_bytes(2, "little")
    layers = (2).to_bytes(2, "little")
    return head + bytes(50) + layers + boots.to_bytes(4, "little") + bytes(12) + counts + bytes(4)


def small_device(message: Message) -> list[Message | bytes]:
    """Answer hello and sizes as a device with one input and one output of four bytes would."""
    match message.type:
        case Request.HELLO:
            return [reply(message, hello_body(message.payload))]
        case Request.SIZES:
            return [reply(message, (4).to_bytes(4, "little"))]
        case _:
            return [reply(message, status=Status.UNKNOWN_TYPE)]
