# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness import proc
from harness.errors import LinkCorrupt
from harness.link.codec import (
    MARKER,
    Damaged,
    Event,
    Message,
    StreamDecoder,
    Text,
    cobs_decode,
    cobs_encode,
    encode_frame,
)
from harness.settings import data_dir
from tests.link.firmware import HERE, MAX_PAYLOAD, compile_c

zeroish = st.binary(max_size=700) | st.lists(st.sampled_from([0, 1, 0xFE, 0xFF, MARKER]), max_size=600).map(bytes)
messages = st.builds(
    Message,
    st.integers(0, 255),
    st.integers(0, 0xFFFF),
    zeroish | st.integers(0, MAX_PAYLOAD).map(lambda size: b"\x11" * size),
)


@st.composite
def spoilt_frames(draw: st.DrawFn) -> bytes:
    frame = bytearray(encode_frame(draw(messages)))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(0, len(frame) - 1)))
        match draw(st.integers(0, 3)):
            case 0:
                del frame[at : at + draw(st.integers(1, 8))]
            case 1:
                frame[at:at] = draw(st.binary(min_size=1, max_size=4))
            case 2 if frame:
                frame[at] ^= draw(st.integers(1, 255))
            case _:
                frame += frame[at:]
    return bytes(frame)


oversized = st.integers(MAX_PAYLOAD - 3, MAX_PAYLOAD + 300).map(lambda size: encode_frame(Message(6, 1, b"\1" * size)))
texts = st.text(max_size=30).map(str.encode)
streams = st.lists(
    st.binary(max_size=40) | messages.map(encode_frame) | spoilt_frames() | texts | oversized, max_size=8
).map(b"".join)


def in_pieces(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    yield from (data[start:end] for start, end in pairwise(edges))


def joined(events: Iterator[Event] | list[Event]) -> list[Event]:
    """Events with neighbouring texts made one: how text is cut up is nobody's business."""
    result: list[Event] = []
    for event in events:
        if isinstance(event, Text) and result and isinstance(result[-1], Text):
            result[-1] = Text(result[-1].data + event.data)
        else:
            result.append(event)
    return result


def decoded(data: bytes, cuts: list[int]) -> list[Event]:
    decoder = StreamDecoder(MAX_PAYLOAD)
    return joined([event for piece in in_pieces(data, cuts) for event in decoder.feed(piece)])


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    if proc.which("gcc") is None:
        pytest.skip("gcc is not installed")
    source = data_dir("firmware_templates") / "project" / "src" / "harness_link.c"
    library: Path = tmp_path_factory.mktemp("shim") / "link_shim.so"
    loaded = ctypes.CDLL(str(compile_c(library, [source, HERE / "link_shim.c"], "-O1", "-shared", "-fPIC")))
    loaded.shim_decode.restype = loaded.shim_encode.restype = ctypes.c_size_t
    return loaded


def decoded_in_c(shim: ctypes.CDLL, data: bytes) -> list[Event]:
    out = ctypes.create_string_buffer(16 + 3 * len(data))
    size = shim.shim_decode(data, ctypes.c_size_t(len(data)), out)
    raw, at = out.raw[:size], 0
    events: list[Event] = []
    while at < size:
        match raw[at : at + 1]:
            case b"T":
                events.append(Text(raw[at + 1 : at + 2]))
                at += 2
            case b"D":
                events.append(Damaged())
                at += 1
            case _:
                length = int.from_bytes(raw[at + 1 : at + 3], "little")
                body = raw[at + 3 : at + 3 + length]
                assert body[0] == MARKER
                events.append(Message(body[1], int.from_bytes(body[2:4], "little"), body[4:]))
                at += 3 + length
    return joined(events)


@given(data=zeroish)
def test_what_cobs_encodes_has_no_zero_and_decodes_to_itself(data: bytes) -> None:
    encoded = cobs_encode(data)
    assert 0 not in encoded
    assert cobs_decode(encoded) == data


@pytest.mark.parametrize(
    ("data", "encoded"),
    [
        (b"", b"\x01"),
        (b"\0", b"\x01\x01"),
        (b"\x11\x22\0\x33", b"\x03\x11\x22\x02\x33"),
        (bytes(range(1, 255)), b"\xff" + bytes(range(1, 255))),
        (b"\0" + bytes(range(1, 255)), b"\x01\xff" + bytes(range(1, 255))),
        (bytes(range(1, 256)), b"\xff" + bytes(range(1, 255)) + b"\x02\xff"),
    ],
)
def test_cobs_encodes_the_examples_of_its_paper(data: bytes, encoded: bytes) -> None:
    assert cobs_encode(data) == encoded


@pytest.mark.parametrize("broken", [b"\x05\x11", b"\0", b"\x03\x11\0"])
def test_a_broken_cobs_block_is_refused(broken: bytes) -> None:
    with pytest.raises(LinkCorrupt):
        cobs_decode(broken)


@given(message=messages, before=texts, after=texts, cuts=st.lists(st.integers(0, 2000), max_size=6))
def test_a_frame_between_texts_comes_out_whole_and_so_do_they(
    message: Message, before: bytes, after: bytes, cuts: list[int]
) -> None:
    before, after = before.replace(b"\0", b""), after.replace(b"\0", b"") + b"!!\0"
    events = decoded(before + encode_frame(message) + after, cuts)
    assert [event for event in events if isinstance(event, Message)] == [message]
    assert b"".join(event.data for event in events if isinstance(event, Text)) == before + after[:-1]


def test_a_lost_delimiter_costs_at_most_the_frame_whose_end_it_was() -> None:
    frames = [encode_frame(Message(3, number, b"payload")) for number in range(3)]
    whole = b"".join(frames)
    for at in (index for index, byte in enumerate(whole) if byte == 0):
        found = [event for event in decoded(whole[:at] + whole[at + 1 :], []) if isinstance(event, Message)]
        assert len(found) >= 2, at


def with_code(frame: bytes, step: int) -> bytes:
    """A frame whose only block claims more or fewer bytes than it has."""
    assert frame.count(0) == 2
    assert frame[1] == len(frame) - 2
    return frame[:1] + bytes([frame[1] + step]) + frame[2:]


WITHOUT_ZEROS = encode_frame(Message(3, 0x0101, b"payload"))


@pytest.mark.parametrize("step", [1, 7, -1])
def test_a_block_that_claims_another_length_is_damaged_although_its_crc_fits(shim: ctypes.CDLL, step: int) -> None:
    stream = with_code(WITHOUT_ZEROS, step)
    assert decoded(stream, []) == decoded_in_c(shim, stream) == [Damaged()]


@settings(max_examples=300, deadline=None)
@given(data=streams, cuts=st.lists(st.integers(0, 5000), max_size=8))
def test_the_decoders_in_c_and_in_python_agree_on_any_stream(shim: ctypes.CDLL, data: bytes, cuts: list[int]) -> None:
    assert decoded(data, cuts) == decoded_in_c(shim, data)


@settings(deadline=None)
@given(message=messages)
def test_the_encoders_in_c_and_in_python_give_the_same_bytes(shim: ctypes.CDLL, message: Message) -> None:
    raw = bytes((MARKER, message.type)) + message.sequence.to_bytes(2, "little") + message.payload
    out = ctypes.create_string_buffer(2 * len(raw) + 32)
    encode: Callable[..., int] = shim.shim_encode
    size = encode(raw, ctypes.c_uint16(len(raw)), out)
    assert out.raw[:size] == encode_frame(message)
