# SPDX-License-Identifier: Apache-2.0
"""The link's messages: numbers, byte layouts and what their answers hold. docs/link.md has the tables."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

from harness.errors import LinkCorrupt

PROTOCOL_VERSION = 1
REPLY = 0x80  # set in the type of each reply
NONCE_BYTES = 8


class Request(IntEnum):
    """Types of requests."""

    HELLO = 0x01
    SIZES = 0x02
    LOAD_INPUT = 0x03
    REPEAT_INPUT = 0x04
    XORSHIFT_INPUT = 0x05
    RUN = 0x06
    RUN_LAYERS = 0x07
    READ_OUTPUT = 0x08
    READ_TENSOR = 0x09
    READ_MEMORY = 0x0A
    STACK = 0x0B
    HEAP = 0x0C
    RESET = 0x0D


class Notice(IntEnum):
    """Types of what the device sends besides replies; requests lie below."""

    BOOT = 0x70
    NAK = 0x71
    STARTED = 0x72


class Status(IntEnum):
    """First byte of each reply."""

    OK = 0
    UNKNOWN_TYPE = 1
    BAD_LENGTH = 2
    OUT_OF_RANGE = 3
    NO_SESSION = 4
    NOT_AVAILABLE = 5
    STACK_FULL = 6
    BAD_BUILD = 7


class Which(IntEnum):
    """What SIZES lists."""

    INPUTS = 0
    OUTPUTS = 1
    LAYERS = 2


RESET_CAUSES = {0: "unknown", 1: "power on", 2: "software", 3: "watchdog", 4: "fault"}

SIZES = struct.Struct("<BH")
LOAD_INPUT = struct.Struct("<HI")
REPEAT_INPUT = struct.Struct("<HI")
XORSHIFT_INPUT = struct.Struct("<HIB")
RUN = struct.Struct("<HHB")
RUN_LAYERS = struct.Struct("<HHB")
READ_TENSOR = struct.Struct("<HIH")
READ_MEMORY = struct.Struct("<QH")
U32 = struct.Struct("<I")
ONE_RUN = struct.Struct("<QI")
BOOT = struct.Struct("<IB")
RUN_KEEPS_STATE = 1

_HELLO = struct.Struct(f"<HH{NONCE_BYTES}s32s16sBBHIIIIHHI")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """What a device says of itself. ``build_key`` is in hexadecimal; sizes are in bytes, in the model's order."""

    protocol_version: int
    max_payload_bytes: int
    build_key: str
    chip_id: bytes
    reset_cause: str
    boot_count: int
    clock_hz: int
    timer_hz: int
    heap_bytes: int
    features: int  # bit 0: the peak of the stack can be found
    layer_count: int
    input_bytes: tuple[int, ...]
    output_bytes: tuple[int, ...]

    @property
    def finds_peak_stack(self) -> bool:
        return bool(self.features & 1)


@dataclass(frozen=True, slots=True)
class HelloBody:
    """Hello's answer as it comes: the sizes are asked for afterwards."""

    nonce: bytes
    hello: Hello
    input_count: int
    output_count: int


@dataclass(frozen=True, slots=True)
class Run:
    """One inference: its time in ticks of the device's timer, and the FNV-1a-32 of all output bytes in order.

    ``quiet`` is False where bytes went to the device while it may have run (a retransmission): its interrupts are then
    part of the time.
    """

    ticks: int
    output_hash: int
    quiet: bool = True


def parse_hello(body: bytes) -> HelloBody:
    """Take hello's answer apart. Raises LinkCorrupt where it is too short; what a later version appends is ignored."""
    if len(body) < _HELLO.size:
        raise LinkCorrupt(f"hello's answer has {len(body)} bytes of at least {_HELLO.size}")
    (version, payload, nonce, key, chip, cause, features, layers, boots, clock, timer, heap, inputs, outputs, _) = (
        _HELLO.unpack_from(body)
    )
    hello = Hello(
        protocol_version=version,
        max_payload_bytes=payload,
        build_key=key.hex(),
        chip_id=chip,
        reset_cause=RESET_CAUSES.get(cause, "unknown"),
        boot_count=boots,
        clock_hz=clock,
        timer_hz=timer,
        heap_bytes=heap,
        features=features,
        layer_count=layers,
        input_bytes=(),
        output_bytes=(),
    )
    return HelloBody(nonce, hello, inputs, outputs)


def parse_u32s(body: bytes) -> tuple[int, ...]:
    """Return the 32-bit numbers of a body. Raises LinkCorrupt where its length is no multiple of four."""
    if len(body) % 4:
        raise LinkCorrupt(f"an answer of 32-bit numbers has {len(body)} bytes")
    return struct.unpack(f"<{len(body) // 4}I", body)


def parse_runs(body: bytes, quiet: bool) -> tuple[Run, ...]:
    """Return the inferences of a body. Raises LinkCorrupt where its length is no multiple of one's size."""
    if len(body) % ONE_RUN.size:
        raise LinkCorrupt(f"an answer of runs has {len(body)} bytes, which is no multiple of {ONE_RUN.size}")
    return tuple(Run(ticks, output, quiet) for ticks, output in ONE_RUN.iter_unpack(body))


def fnv1a(*outputs: bytes) -> int:
    """Return the FNV-1a-32 of all bytes in order, as a run answers it (G. Fowler, L. Noll, K.-P. Vo)."""
    value = 0x811C9DC5
    for output in outputs:
        for byte in output:
            value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value
