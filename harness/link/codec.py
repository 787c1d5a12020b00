# SPDX-License-Identifier: Apache-2.0
"""Frames in a serial stream in which ordinary text may stand between them: COBS, CRC-32, and the stream's decoder.

The byte layout is in docs/link.md. The firmware's decoder (``harness_link.c``) gives equal events for equal bytes.
COBS: S. Cheshire, M. Baker, "Consistent Overhead Byte Stuffing", IEEE/ACM Transactions on Networking 7(2), 1999.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from harness.errors import LinkCorrupt

MARKER = 0xF8  # first byte of each message: UTF-8 text never holds it
HEADER_BYTES = 4
CRC_BYTES = 4
MAX_PAYLOAD_BYTES = 32_768  # what the firmware's macro allows at most


@dataclass(frozen=True, slots=True)
class Message:
    """What a frame carries: type, sequence number (16 bits) and payload."""

    type: int
    sequence: int
    payload: bytes = b""


@dataclass(frozen=True, slots=True)
class Text:
    """Bytes of the stream that belong to no frame."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Damaged:
    """A frame began and turned out to be broken or too long."""


Event = Message | Text | Damaged


def cobs_encode(data: bytes) -> bytes:
    """Return ``data`` without zero bytes; at most one byte longer per 254."""
    out = bytearray()
    at = 0
    while True:
        zero = data.find(0, at, at + 254)
        end = min(at + 254, len(data)) if zero < 0 else zero
        out.append(end - at + 1)
        out += data[at:end]
        if end >= len(data):
            return bytes(out)
        at = end if zero < 0 else end + 1


def cobs_decode(data: bytes) -> bytes:
    """Return what ``cobs_encode`` was given. Raises LinkCorrupt where a block is cut short or holds a zero."""
    out = bytearray()
    at = 0
    while at < len(data):
        code = data[at]
        block = data[at + 1 : at + code]
        if code == 0 or len(block) != code - 1 or 0 in block:
            raise LinkCorrupt(f"a COBS block at byte {at} of {len(data)} is broken")
        out += block
        at += code
        if code < 255 and at < len(data):
            out.append(0)
    return bytes(out)


def encode_frame(message: Message) -> bytes:
    """Return the bytes that carry a message over the line, with the zero byte before and after it."""
    body = bytes((MARKER, message.type)) + message.sequence.to_bytes(2, "little") + message.payload
    return b"\0" + cobs_encode(body + zlib.crc32(body).to_bytes(4, "little")) + b"\0"


class _Segment(Enum):
    """After a zero byte a segment begins. Its first byte is a COBS code and its second the marker, or it is text."""

    START = auto()
    CODE = auto()
    FRAME = auto()
    TEXT = auto()
    SKIP = auto()


class StreamDecoder:
    """Tells frames from text in a stream that comes in pieces of any size."""

    def __init__(self, max_payload_bytes: int = MAX_PAYLOAD_BYTES) -> None:
        self._limit = HEADER_BYTES + max_payload_bytes + CRC_BYTES
        self._state = _Segment.START
        self._held = bytearray()  # the segment so far, still encoded

    def feed(self, data: bytes) -> Iterator[Event]:
        """Yield what the next bytes bring, in order; the text of one piece may come in several events."""
        pieces = data.split(b"\0")
        for number, piece in enumerate(pieces):
            if piece:
                yield from self._take(piece)
            if number < len(pieces) - 1:
                yield from self._end_segment()

    def _take(self, piece: bytes) -> Iterator[Event]:
        if self._state in (_Segment.START, _Segment.CODE):
            self._held += piece
            if len(self._held) < 2:
                self._state = _Segment.CODE
                return
            if self._held[1] == MARKER and self._held[0] > 1:
                self._state, piece = _Segment.FRAME, b""
            else:
                self._state, piece = _Segment.TEXT, bytes(self._held)
                self._held.clear()
        if self._state is _Segment.TEXT:
            yield Text(piece)
        elif self._state is _Segment.FRAME:
            self._held += piece
            if _decoded_bytes(self._held) > self._limit:
                self._held.clear()
                self._state = _Segment.SKIP
                yield Damaged()

    def _end_segment(self) -> Iterator[Event]:
        state, held = self._state, bytes(self._held)
        self._state = _Segment.START
        self._held.clear()
        if state is _Segment.CODE:
            yield Text(held)
        elif state is _Segment.FRAME:
            yield _parse(held)


def _decoded_bytes(encoded: bytearray) -> int:
    """Return how many bytes a COBS prefix has brought so far: the code that opens a block brings the zero before it."""
    at, size = 0, 0
    while at < len(encoded):
        code = encoded[at]
        size += min(code, len(encoded) - at) - 1
        at += code
        if code < 255 and at < len(encoded):
            size += 1
    return size


def _parse(encoded: bytes) -> Message | Damaged:
    try:
        message = cobs_decode(encoded)
    except LinkCorrupt:
        return Damaged()
    body, crc = message[:-CRC_BYTES], message[-CRC_BYTES:]
    if len(body) < HEADER_BYTES or zlib.crc32(body) != int.from_bytes(crc, "little"):
        return Damaged()
    return Message(body[1], int.from_bytes(body[2:4], "little"), body[4:])
