# SPDX-License-Identifier: Apache-2.0
"""Answers that the real firmware never gives, or only when something is broken."""

from __future__ import annotations

import pytest

from harness.deadline import Deadline
from harness.errors import DeviceFault, LinkCorrupt, LinkTimeout, UserError
from harness.link import Device
from harness.link.codec import Message, encode_frame
from harness.link.exchange import Exchange
from harness.link.messages import BOOT, REPLY, Notice, Request, Status
from tests.link.fake import Answer, PlayedStream, hello_body, reply, small_device


def device_that(answer: Answer, **after_hello: bool) -> Device:
    """A greeted device that answers what ``small_device`` does not know as ``answer`` says."""
    plain = (Request.HELLO, Request.SIZES)
    stream = PlayedStream(lambda message: small_device(message) if message.type in plain else answer(message))
    device = Device(stream, resend_seconds=0.01)
    device.hello()
    return device


def soon() -> Deadline:
    return Deadline.after(0.3)  # long enough to be seen through by a process that has to wait for its turn


def test_a_device_of_another_protocol_version_is_told_so_politely() -> None:
    def answer(message: Message) -> list[Message | bytes]:
        return [reply(message, hello_body(message.payload, version=2) + b"fields of the future")]

    stream = PlayedStream(answer)
    with pytest.raises(DeviceFault, match="speaks version 2 of the link, this harness version 1"):
        Device(stream).hello()
    assert len(stream.received) == 1, "it was asked things that it may not understand"


def test_fields_that_a_later_hello_appends_are_ignored() -> None:
    def answer(message: Message) -> list[Message | bytes]:
        if message.type == Request.HELLO:
            return [reply(message, hello_body(message.payload) + b"appended")]
        return small_device(message)

    assert Device(PlayedStream(answer)).hello().input_bytes == (4,)


def test_hello_ignores_an_answer_to_another_nonce() -> None:
    def answer(message: Message) -> list[Message | bytes]:
        if message.type == Request.HELLO:
            return [reply(message, hello_body(b"another!")), reply(message, hello_body(message.payload))]
        return small_device(message)

    assert Device(PlayedStream(answer), resend_seconds=0.01).hello().layer_count == 2


def test_a_hello_too_short_is_corrupt() -> None:
    with pytest.raises(LinkCorrupt, match="hello's answer"):
        Device(PlayedStream(lambda message: [reply(message, hello_body(message.payload)[:40])])).hello()


def test_hello_is_asked_again_at_once_when_the_device_tells_of_its_start() -> None:
    boots = [Message(Notice.BOOT, 0, BOOT.pack(1, 1))]

    def answer(message: Message) -> list[Message | bytes]:
        return [boots.pop()] if boots else small_device(message)

    stream = PlayedStream(answer)
    Device(stream, resend_seconds=60).hello()
    first, second = stream.received[:2]
    assert first == second, "the repetition must be the same request"


def test_a_late_copy_of_the_start_before_the_session_is_no_restart() -> None:
    def answer(message: Message) -> list[Message | bytes]:
        if message.type == Request.HELLO:
            boot = Message(Notice.BOOT, 0, BOOT.pack(2, 2))
            answered = reply(message, hello_body(message.payload, boots=2))
            return [boot, answered, boot, answered]  # read as one piece, which the line has doubled
        return small_device(message)

    assert Device(PlayedStream(answer), resend_seconds=0.01).hello().boot_count == 2


def test_an_unasked_start_is_a_device_fault_that_carries_its_last_words() -> None:
    with pytest.raises(DeviceFault, match=r"cause: watchdog, start number 7") as caught:
        device_that(lambda _: [b"panic: stack smashed\r\n", Message(Notice.BOOT, 0, BOOT.pack(7, 3))]).heap_bytes()
    assert "stack smashed" in caught.value.log


def test_a_device_that_knows_no_session_has_restarted() -> None:
    with pytest.raises(DeviceFault, match="restarted"):
        device_that(lambda message: [reply(message, status=Status.NO_SESSION)]).heap_bytes()


def test_a_reset_whose_answer_is_lost_is_seen_by_the_start_that_follows() -> None:
    device = device_that(lambda _: [Message(Notice.BOOT, 0, BOOT.pack(2, 2))])
    assert device.reset().layer_count == 2


def test_silence_is_a_timeout_and_asks_the_check_meanwhile() -> None:
    asked: list[bool] = []
    exchange = Exchange(PlayedStream(lambda _: []), resend_seconds=0.001, check=lambda: asked.append(True))
    with pytest.raises(LinkTimeout, match="no answer to heap"):
        exchange.request(Request.HEAP, b"", soon())
    assert len(asked) > 1


def test_a_device_is_waited_for_as_long_as_its_link_was_told() -> None:
    stream = PlayedStream(lambda message: small_device(message) if message.type != Request.HEAP else [])
    with Device(stream, resend_seconds=0.2, message_seconds=1.0) as device:
        device.hello()
        before = len(stream.received)
        with pytest.raises(LinkTimeout):
            device.heap_bytes()
    assert 1 <= len(stream.received) - before <= 4  # after 0, 0.2, 0.6 seconds; not for ten


def test_what_the_check_raises_ends_the_wait() -> None:
    def check() -> None:
        raise DeviceFault("the emulator has died")

    exchange = Exchange(PlayedStream(lambda _: []), resend_seconds=0.001, check=check)
    with pytest.raises(DeviceFault, match="emulator has died"):
        exchange.request(Request.HEAP, b"", Deadline.after(60))


def test_what_the_check_knows_of_a_line_that_has_gone_is_what_is_told() -> None:
    def vanish(_message: Message) -> list[Message | bytes]:
        raise DeviceFault("the line has gone")

    def check() -> None:
        raise DeviceFault("the emulator was ended by SIGKILL")

    with pytest.raises(DeviceFault, match="SIGKILL"):
        Exchange(PlayedStream(vanish), resend_seconds=60, check=check).request(Request.HEAP, b"", soon())
    with pytest.raises(DeviceFault, match="line has gone"):
        Exchange(PlayedStream(vanish), resend_seconds=60, check=lambda: None).request(Request.HEAP, b"", soon())


@pytest.mark.parametrize("damaged", [True, False], ids=["damaged answers", "complaints of the device"])
def test_an_answer_that_never_comes_whole_is_a_corrupt_link(damaged: bool) -> None:
    def answer(message: Message) -> list[Message | bytes]:
        frame = encode_frame(Message(message.type | REPLY, message.sequence, b"\0abcd"))
        return [frame.replace(b"abcd", b"abce")] if damaged else [Message(Notice.NAK, 0)]

    exchange = Exchange(PlayedStream(answer), resend_seconds=0.01)
    with pytest.raises(LinkCorrupt, match="damaged"):
        exchange.request(Request.HEAP, b"", soon())


def test_a_complaint_makes_the_host_send_again_at_once() -> None:
    complaints: list[Message | bytes] = [Message(Notice.NAK, 0), Message(Notice.NAK, 0)]
    stream = PlayedStream(lambda message: [complaints.pop()] if complaints else [reply(message)])
    answer = Exchange(stream, resend_seconds=60).request(Request.HEAP, b"", Deadline.after(60))
    assert answer.status is Status.OK
    assert not answer.quiet
    assert len(stream.received) == 3


def test_a_late_copy_of_an_earlier_answer_is_ignored() -> None:
    def answer(message: Message) -> list[Message | bytes]:
        late = Message(message.type | REPLY, message.sequence - 1 & 0xFFFF, b"\0late")
        return [late, late, reply(message, b"right"), reply(message, b"right")]

    exchange = Exchange(PlayedStream(answer), resend_seconds=60)
    for _ in range(3):
        assert exchange.request(Request.HEAP, b"", Deadline.after(60)).body == b"right"


def test_an_echo_of_the_request_is_not_taken_for_its_answer() -> None:
    exchange = Exchange(PlayedStream(lambda message: [message, reply(message, b"right")]), resend_seconds=60)
    assert exchange.request(Request.HEAP, b"", Deadline.after(60)).body == b"right"


def test_a_device_at_work_is_left_in_peace_and_asked_again_after_its_time() -> None:
    def answer(message: Message) -> list[Message | bytes]:
        return [Message(Notice.STARTED, message.sequence)]

    patient, hasty = PlayedStream(answer), PlayedStream(answer)
    with pytest.raises(LinkTimeout):
        Exchange(patient, resend_seconds=0.001).request(Request.RUN, b"", soon(), busy_seconds=60)
    with pytest.raises(LinkTimeout):
        Exchange(hasty, resend_seconds=0.001).request(Request.RUN, b"", soon(), busy_seconds=0.001)
    assert len(patient.received) < 4 < len(hasty.received)


def test_text_is_kept_and_offered() -> None:
    heard: list[bytes] = []
    device = Device(
        PlayedStream(lambda message: [b"hello, w\xc3\xb6rld\r\n", *small_device(message)]), on_text=heard.append
    )
    device.hello()
    assert b"".join(heard).decode() == device.text == "hello, wörld\r\n" * 3


def test_a_status_that_nobody_knows_is_a_fault() -> None:
    with pytest.raises(DeviceFault, match="unknown status 99"):
        device_that(lambda message: [reply(message, status=99)]).heap_bytes()


def test_an_input_that_does_not_lie_in_the_device_as_sent_is_corrupt() -> None:
    with pytest.raises(LinkCorrupt, match="holds other bytes"):
        device_that(lambda message: [reply(message, bytes(4))]).load_input(0, b"abcd")


@pytest.mark.parametrize(
    "ask",
    [
        lambda device: device.heap_bytes(),
        lambda device: device.run(1),
        lambda device: device.run_layers(0, 1),
        lambda device: device.read_output(0),
        lambda device: device.read_tensor(0, 4),
        lambda device: device.read_memory(0, 4),
        lambda device: device.peak_stack(),
        lambda device: device.layer_bytes(),
    ],
)
@pytest.mark.parametrize("body", [b"", b"abc", b"abc" * 9], ids=["nothing", "three bytes", "27 bytes"])
def test_an_answer_of_the_wrong_length_is_corrupt(ask: object, body: bytes) -> None:
    stream = PlayedStream(small_device)
    device = Device(stream)
    device.hello()
    stream.answer = lambda message: [reply(message, body)]
    assert callable(ask)
    with pytest.raises(LinkCorrupt):
        ask(device)


def test_nothing_can_be_asked_before_hello() -> None:
    with pytest.raises(UserError, match="hello"):
        Device(PlayedStream(small_device)).run(1)


def test_a_device_closes_its_stream() -> None:
    stream = PlayedStream(small_device)
    with Device(stream) as device:
        device.hello()
    assert stream.closed == 1
