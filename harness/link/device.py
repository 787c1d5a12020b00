# SPDX-License-Identifier: Apache-2.0
"""A device that answers over the link: what the bench asks of it, each call bounded in time."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Callable
from typing import Self

from harness.deadline import Deadline
from harness.errors import DeviceFault, LinkCorrupt, UserError
from harness.link import messages
from harness.link.exchange import Exchange, Reply, TextHook, name_of
from harness.link.messages import Hello, Request, Run, Status, Which
from harness.link.patterns import Repeated, Xorshift, recognise
from harness.transports import ByteStream

MESSAGE_SECONDS = 10.0
_FIRST_INFERENCE_SECONDS = 120.0  # nothing is known yet of how long one takes
_BATCH_SECONDS = 2.0  # about how long one request may keep the device busy
_MOST_AT_ONCE = 0xFFFF

_WHAT = {
    Status.UNKNOWN_TYPE: "the firmware does not know this request: it is older than this harness; flash it again",
    Status.BAD_LENGTH: "the request is too short: firmware and harness are of different versions; flash it again",
    Status.OUT_OF_RANGE: "an index, offset, size or address lies outside what the device has",
    Status.NOT_AVAILABLE: "this board cannot do it",
    Status.STACK_FULL: "the stack was used down to its limit: it overflows, or nearly so",
    Status.BAD_BUILD: "the firmware's buffer is too small for the model's inputs: it was rendered wrongly",
}


class Device:
    """A link to a device; closing it closes the stream. Call ``hello`` first.

    ``on_text`` gets what the device says outside frames. ``check`` is called where the device is silent, or gone, and
    may raise what it knows. ``resend_seconds`` is how long the first silence lasts before a request is sent again,
    ``message_seconds`` how long one short request may take, all retransmissions included. All methods raise
    LinkTimeout, LinkCorrupt, or DeviceFault where the device restarted or refuses.
    """

    def __init__(
        self,
        stream: ByteStream,
        *,
        on_text: TextHook | None = None,
        check: Callable[[], None] | None = None,
        resend_seconds: float = 0.5,
        message_seconds: float = MESSAGE_SECONDS,
    ) -> None:
        self._stream = stream
        self._resend_seconds = resend_seconds
        self._message_seconds = message_seconds
        self._exchange = Exchange(stream, resend_seconds=resend_seconds, on_text=on_text, check=check)
        self._hello: Hello | None = None
        self._inference_seconds: float | None = None
        self._loaded: dict[int, bytes] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the stream; twice is fine."""
        self._stream.close()

    @property
    def text(self) -> str:
        """What the device said outside frames, the last 64 KB."""
        return self._exchange.text

    def hello(self, deadline: Deadline | None = None) -> Hello:
        """Open a session, waiting for the device to start if it must, and return what the device says of itself.

        Raises DeviceFault where the device speaks another version of the protocol.
        """
        deadline = deadline or Deadline.after(self._message_seconds)
        body = self._exchange.hello(deadline)
        version = int.from_bytes(body[:2], "little")
        if version != messages.PROTOCOL_VERSION:
            raise DeviceFault(
                f"the device speaks version {version} of the link, this harness version {messages.PROTOCOL_VERSION}",
                hint="Build and flash its firmware again with this harness.",
            )
        parsed = messages.parse_hello(body)
        self._exchange.start_number = parsed.hello.boot_count
        self._loaded.clear()
        self._hello = parsed.hello
        self._hello = dataclasses.replace(
            parsed.hello,
            input_bytes=self._sizes(Which.INPUTS, parsed.input_count, deadline),
            output_bytes=self._sizes(Which.OUTPUTS, parsed.output_count, deadline),
        )
        return self._hello

    def layer_bytes(self, deadline: Deadline | None = None) -> tuple[int, ...]:
        """Return the sizes of the layers' outputs."""
        return self._sizes(Which.LAYERS, self._greeted.layer_count, deadline or Deadline.after(self._message_seconds))

    def load_input(self, index: int, data: bytes, deadline: Deadline | None = None) -> None:
        """Set an input, and make sure that it lies in the device as given.

        Data that repeat, or come from xorshift32, are made by the device; what it was given last is asked for by its
        CRC-32 alone. Raises UserError where the size is wrong, LinkCorrupt where the device holds something else.
        """
        sizes = self._greeted.input_bytes
        if not 0 <= index < len(sizes) or len(data) != sizes[index]:
            wanted = f"{sizes[index]} bytes" if 0 <= index < len(sizes) else f"one of {len(sizes)} inputs"
            raise UserError(f"input {index} with {len(data)} bytes does not suit the device: it has {wanted}")
        if not data or (self._loaded.get(index) == data and self._still_holds(index, data, deadline)):
            return
        self._loaded.pop(index, None)
        chunk = self._greeted.max_payload_bytes - messages.LOAD_INPUT.size
        deadline = deadline or Deadline.after(self._message_seconds * (1 + len(data) // chunk))
        known = recognise(data, longest_period=2 * chunk) if len(data) > 32 else None
        match known:
            case Repeated(period):
                self._load(index, data[:period], chunk, deadline)
                payload = messages.REPEAT_INPUT.pack(index, period)
                self._expect_crc(Request.REPEAT_INPUT, payload, data, deadline)
            case Xorshift(state, element_bytes):
                payload = messages.XORSHIFT_INPUT.pack(index, state, element_bytes)
                self._expect_crc(Request.XORSHIFT_INPUT, payload, data, deadline)
            case None:
                self._load(index, data, chunk, deadline)
        self._loaded[index] = data

    def run(
        self, count: int, warmups: int = 0, *, keep_state: bool = False, deadline: Deadline | None = None
    ) -> tuple[Run, ...]:
        """Run ``warmups`` inferences and then ``count`` timed ones; return the timed ones.

        Each begins with the inputs loaded before and, unless ``keep_state``, with a reset model. Without a deadline,
        one is derived for each message from how long an inference took before.
        """
        if count < 0 or warmups < 0:
            raise UserError(f"{count} runs after {warmups} warm-ups: neither can be negative")
        runs: list[Run] = []
        while warmups or len(runs) < count:
            at_once = self._batch()
            warm = min(warmups, at_once)
            timed = 0 if warm else min(count - len(runs), at_once, (self._room) // messages.ONE_RUN.size)
            flags = messages.RUN_KEEPS_STATE if keep_state else 0
            reply = self._busy(Request.RUN, messages.RUN.pack(timed, warm, flags), warm + timed, deadline)
            answered = messages.parse_runs(reply.body, reply.quiet)
            if len(answered) != timed:
                raise LinkCorrupt(f"the device answered {len(answered)} runs of {timed}")
            runs += answered
            warmups -= warm
        return tuple(runs)

    def run_layers(
        self, first: int, last: int, *, keep_state: bool = False, deadline: Deadline | None = None
    ) -> tuple[int, ...]:
        """Run layers ``first`` to ``last``, both included; 0 writes the inputs anew and, unless ``keep_state``, resets.

        Return the CRC-32 of each layer's output, taken when that layer had just run. Layers are to be run in order;
        a layer's memory may serve a later one.
        """
        crcs: list[int] = []
        for start in range(first, last + 1, self._room // 4):
            end = min(last, start + self._room // 4 - 1)
            flags = messages.RUN_KEEPS_STATE if keep_state else 0
            reply = self._busy(Request.RUN_LAYERS, messages.RUN_LAYERS.pack(start, end, flags), 1, deadline)
            answered = messages.parse_u32s(reply.body)
            if len(answered) != end - start + 1:
                raise LinkCorrupt(f"the device answered {len(answered)} layers of {end - start + 1}")
            crcs += answered
        return tuple(crcs)

    def read_output(self, index: int, deadline: Deadline | None = None) -> bytes:
        """Return an output of the last inference."""
        sizes = self._greeted.output_bytes
        if not 0 <= index < len(sizes):
            raise UserError(f"there is no output {index}: the device has {len(sizes)}")
        return self._read(Request.READ_OUTPUT, index, sizes[index], deadline)

    def read_tensor(self, layer: int, size: int, deadline: Deadline | None = None) -> bytes:
        """Return the output of a layer just run, ``size`` bytes."""
        return self._read(Request.READ_TENSOR, layer, size, deadline)

    def read_memory(self, address: int, size: int, deadline: Deadline | None = None) -> bytes:
        """Return bytes of the device's memory, where its firmware knows that they can be read."""
        deadline = deadline or Deadline.after(self._message_seconds * (1 + size // self._room))
        parts = []
        for offset in range(0, size, self._room):
            part = min(self._room, size - offset)
            parts.append(
                self._sized(Request.READ_MEMORY, messages.READ_MEMORY.pack(address + offset, part), part, deadline)
            )
        return b"".join(parts)

    def peak_stack(self, deadline: Deadline | None = None) -> int:
        """Run one inference over painted stack; return how many bytes it used from its entry on.

        Frames of interrupts count where the board has any while it runs; the link causes none.
        """
        reply = self._busy(Request.STACK, b"", 1, deadline)
        return self._one_u32(Request.STACK, reply.body)

    def heap_bytes(self, deadline: Deadline | None = None) -> int:
        """Return the bytes of heap taken so far."""
        reply = self._ask(Request.HEAP, b"", deadline or Deadline.after(self._message_seconds))
        return self._one_u32(Request.HEAP, reply.body)

    def reset(self, deadline: Deadline | None = None) -> Hello:
        """Restart the device and greet it again."""
        deadline = deadline or Deadline.after(2 * self._message_seconds)
        self._exchange.reset(deadline)
        return self.hello(deadline)

    @property
    def _greeted(self) -> Hello:
        if self._hello is None:
            raise UserError("the device was not greeted: call hello() first")
        return self._hello

    @property
    def _room(self) -> int:
        """Bytes of a reply's body."""
        return self._greeted.max_payload_bytes - 1

    def _batch(self) -> int:
        """Return how many inferences one request may ask for: one, until it is known how long one takes."""
        if self._inference_seconds is None:
            return 1
        return max(1, min(_MOST_AT_ONCE, int(_BATCH_SECONDS / max(self._inference_seconds, 1e-6))))

    def _ask(self, kind: Request, payload: bytes, deadline: Deadline, busy_seconds: float = 0.0) -> Reply:
        reply = self._exchange.request(kind, payload, deadline, busy_seconds=busy_seconds)
        if reply.status is not Status.OK:
            what = _WHAT.get(reply.status, "")
            raise DeviceFault(f"the device refuses {name_of(kind)} ({reply.status.name}): {what}", log=self.text)
        return reply

    def _busy(self, kind: Request, payload: bytes, inferences: int, deadline: Deadline | None) -> Reply:
        """Ask for inferences, leaving the device in peace while they run, and learn how long one takes."""
        known = self._inference_seconds
        expected = 0.0 if known is None else known * inferences
        limit = _FIRST_INFERENCE_SECONDS if known is None else self._message_seconds + 10 * expected
        peace = 4 * self._resend_seconds if known is None else self._resend_seconds + 3 * expected
        reply = self._ask(kind, payload, deadline or Deadline.after(limit), busy_seconds=peace)
        if kind in (Request.RUN, Request.STACK) and reply.busy_seconds > 0:
            took = reply.busy_seconds / max(1, inferences)
            self._inference_seconds = max(took, 0.8 * (known or 0.0))
        return reply

    def _still_holds(self, index: int, data: bytes, deadline: Deadline | None) -> bool:
        payload = messages.REPEAT_INPUT.pack(index, len(data))  # a period of its whole size: nothing is written
        reply = self._ask(Request.REPEAT_INPUT, payload, deadline or Deadline.after(self._message_seconds))
        return self._one_u32(Request.REPEAT_INPUT, reply.body) == zlib.crc32(data)

    def _load(self, index: int, data: bytes, chunk: int, deadline: Deadline) -> None:
        for offset in range(0, len(data), chunk):
            part = data[offset : offset + chunk]
            self._expect_crc(Request.LOAD_INPUT, messages.LOAD_INPUT.pack(index, offset) + part, part, deadline)

    def _expect_crc(self, kind: Request, payload: bytes, data: bytes, deadline: Deadline) -> None:
        if self._one_u32(kind, self._ask(kind, payload, deadline).body) != zlib.crc32(data):
            raise LinkCorrupt(
                f"after {name_of(kind)} the device holds other bytes than it was sent",
                hint="Its memory is faulty, or firmware and harness are of different versions; flash it again.",
            )

    def _read(self, kind: Request, index: int, size: int, deadline: Deadline | None) -> bytes:
        deadline = deadline or Deadline.after(self._message_seconds * (1 + size // self._room))
        parts = []
        for offset in range(0, size, self._room):
            part = min(self._room, size - offset)
            parts.append(self._sized(kind, messages.READ_TENSOR.pack(index, offset, part), part, deadline))
        return b"".join(parts)

    def _sized(self, kind: Request, payload: bytes, size: int, deadline: Deadline) -> bytes:
        body = self._ask(kind, payload, deadline).body
        if len(body) != size:
            raise LinkCorrupt(f"the device answered {name_of(kind)} with {len(body)} bytes of {size}")
        return body

    def _sizes(self, which: Which, count: int, deadline: Deadline) -> tuple[int, ...]:
        sizes: list[int] = []
        while len(sizes) < count:
            reply = self._ask(Request.SIZES, messages.SIZES.pack(which, len(sizes)), deadline)
            more = messages.parse_u32s(reply.body)
            if not more:
                raise LinkCorrupt(f"the device names {len(sizes)} sizes of {count} {which.name.lower()}")
            sizes += more
        return tuple(sizes)

    @staticmethod
    def _one_u32(kind: Request, body: bytes) -> int:
        numbers = messages.parse_u32s(body)
        if len(numbers) != 1:
            raise LinkCorrupt(f"the device answered {name_of(kind)} with {len(numbers)} numbers instead of one")
        return numbers[0]
