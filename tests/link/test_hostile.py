# SPDX-License-Identifier: Apache-2.0
"""The firmware under AddressSanitizer and UBSan against requests that mean it harm."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.deadline import Deadline
from harness.link import Device
from harness.link.codec import MARKER, Message, cobs_encode, encode_frame
from harness.link.exchange import Exchange
from harness.link.messages import Request, Status
from tests.link.firmware import MAX_PAYLOAD, Running, running

SILENT = (Request.HELLO, Request.RESET)  # the one would open another session, the other start anew

edges = st.sampled_from([0, 1, 2, 3, 23, 24, 25, 39, 40, 41, 0x7FFF, 0x8000, 0xFFFF])
wide_edges = edges | st.sampled_from([0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFD8, 0xFFFF_FFFF])
words = st.lists(edges.map(lambda value: value.to_bytes(2, "little")), max_size=8).map(b"".join)
indexed = st.tuples(edges, wide_edges, edges, st.binary(max_size=64)).map(
    lambda parts: (
        parts[0].to_bytes(2, "little") + parts[1].to_bytes(4, "little") + parts[2].to_bytes(2, "little") + parts[3]
    )
)
payloads = words | indexed | st.binary(max_size=MAX_PAYLOAD)
kinds = st.integers(0, 0x6F).filter(lambda kind: kind not in (*SILENT, Request.RUN))
requests = st.tuples(kinds, payloads) | st.tuples(
    st.just(Request.RUN),
    st.tuples(edges, st.integers(0, 40), st.integers(0, 255)).map(
        lambda parts: parts[0].to_bytes(2, "little") + parts[1].to_bytes(2, "little") + bytes([parts[2]])
    ),
)


def still_answers(board: Running) -> None:
    assert Device(board.stream).hello().boot_count == 1


def test_no_request_harms_the_firmware(sanitized_firmware: Path) -> None:
    with running(sanitized_firmware) as board:
        exchange = Exchange(board.stream, resend_seconds=5)
        exchange.hello(Deadline.after(20))

        @settings(max_examples=300, deadline=None)
        @given(request=requests)
        def ask(request: tuple[int, bytes]) -> None:
            reply = exchange.request(request[0], request[1], Deadline.after(20), busy_seconds=20)
            assert reply.status in set(Status) - {Status.NO_SESSION, Status.BAD_BUILD}

        ask()
        still_answers(board)
        board.stream.close()
        assert board.process.wait(timeout=20) == 0


def test_no_stream_harms_the_firmware(sanitized_firmware: Path) -> None:
    pieces = st.one_of(
        st.binary(max_size=80),
        st.binary(max_size=60).map(lambda data: b"\0" + bytes([0xFF, MARKER]) + data),  # a block that is cut short
        st.integers(MAX_PAYLOAD - 4, MAX_PAYLOAD + 200).map(lambda n: encode_frame(Message(0x55, 1, b"\1" * n))),
        st.binary(max_size=12).map(lambda data: b"\0" + cobs_encode(bytes([MARKER]) + data) + b"\0"),  # too short
        st.integers(1, 6).map(lambda blocks: b"\0\xff" + bytes([MARKER]) + b"\xff" * 254 * blocks),
    )
    with running(sanitized_firmware) as board:
        still_answers(board)

        @settings(max_examples=150, deadline=None)
        @given(stream=st.lists(pieces, max_size=6).map(b"".join))
        def send(stream: bytes) -> None:
            board.stream.write(stream + b"\0", Deadline.after(20))
            still_answers(board)

        send()
        board.stream.close()
        assert board.process.wait(timeout=20) == 0
