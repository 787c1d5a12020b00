# SPDX-License-Identifier: Apache-2.0
"""The real firmware, built for this machine, asked everything."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest

from harness import proc
from harness.deadline import Deadline
from harness.errors import DeviceFault, UserError
from harness.graph import DType
from harness.link import Device, fnv1a
from harness.link.codec import Message, StreamDecoder, encode_frame
from harness.link.exchange import Exchange
from harness.link.messages import Notice, Request, Status
from harness.reference.inputs import standard_inputs
from tests.link.firmware import INPUT_BYTES, running
from tests.link.lossy import LossyStream

BUILD_KEY = "00112233445566778899aabbccddeeff" * 2
A = bytes(range(40))
B = bytes(3 * k & 0xFF for k in range(24))
DIES = b"\xff\xdd" + bytes(22)
RESTARTS = b"\xff\xde" + bytes(22)


def model_sums(a: bytes, b: bytes) -> bytes:
    return bytes((a[k] + b[k % 24]) & 0xFF for k in range(40))


def model_mixed(a: bytes, b: bytes) -> bytes:
    out, last = bytearray(), 0
    for byte in model_sums(a, b):
        last = (last * 3 + byte) & 0xFF
        out.append(last)
    return bytes(out)


def counters(runs: int, steps: int) -> bytes:
    return runs.to_bytes(4, "little") + steps.to_bytes(4, "little")


def load(device: Device, a: bytes = A, b: bytes = B) -> None:
    device.load_input(0, a)
    device.load_input(1, b)


def test_hello_tells_what_the_firmware_is(firmware: Path) -> None:
    with running(firmware) as board, Device(board.stream) as device:
        hello = device.hello()
    assert hello.build_key == BUILD_KEY
    assert (hello.protocol_version, hello.max_payload_bytes, hello.boot_count) == (1, 1024, 1)
    assert (hello.input_bytes, hello.output_bytes, hello.layer_count) == (INPUT_BYTES, (8, 40), 3)
    assert (hello.reset_cause, hello.timer_hz, hello.heap_bytes) == ("power on", 1_000_000_000, 0)
    assert hello.finds_peak_stack
    assert len(hello.chip_id) == 16


def test_a_run_computes_the_model_and_writes_the_inputs_anew_each_time(device: Device) -> None:
    load(device)
    runs = device.run(5, warmups=2)
    mixed = model_mixed(A, B)
    assert [run.output_hash for run in runs] == [fnv1a(counters(count, 1), mixed) for count in range(3, 8)]
    assert all(run.ticks > 0 and run.quiet for run in runs)
    assert device.read_output(0) == counters(7, 1)
    assert device.read_output(1) == mixed


def test_a_run_can_keep_the_state_of_the_one_before(device: Device) -> None:
    load(device)
    device.run(1)
    device.run(3, keep_state=True)
    assert device.read_output(0) == counters(4, 4)
    device.run(1)
    assert device.read_output(0) == counters(5, 1)


def test_more_runs_than_one_reply_holds_are_asked_for_in_parts(device: Device) -> None:
    load(device)
    runs = device.run(300, warmups=100)
    mixed = model_mixed(A, B)
    assert [run.output_hash for run in runs] == [fnv1a(counters(count, 1), mixed) for count in range(101, 401)]


def test_no_run_at_all_is_an_empty_answer_and_a_negative_number_an_error(device: Device) -> None:
    assert device.run(0) == ()
    with pytest.raises(UserError):
        device.run(-1)


def test_layers_run_one_after_the_other_and_tell_the_crc_of_their_outputs(device: Device) -> None:
    load(device)
    wanted = (model_sums(A, B), model_mixed(A, B), counters(1, 1))
    assert device.run_layers(0, 2) == tuple(zlib.crc32(output) for output in wanted)
    assert device.layer_bytes() == tuple(len(output) for output in wanted)
    for layer, output in enumerate(wanted):
        assert device.read_tensor(layer, len(output)) == output
    for layer, output in enumerate(wanted[:2]):
        assert device.run_layers(layer, layer) == (zlib.crc32(output),)
    assert device.read_output(0) == counters(1, 0), "the last layer ran although nobody asked, or nothing was reset"


def test_an_input_that_is_there_is_asked_for_not_transferred(firmware: Path) -> None:
    out: list[bytes] = []
    with running(firmware, tap=lambda way, data: out.append(data) if way == "out" else None) as board:
        device = Device(board.stream)
        device.hello()
        load(device)
        device.run(1)
        out.clear()
        load(device)
        assert sum(map(len, out)) < 40, "the bytes were sent again"
        load(device, a=A[::-1])
        load(device)
        device.run(1)
        assert device.read_output(1) == model_mixed(A, B)


def test_an_input_that_the_device_has_lost_is_transferred_again(device: Device) -> None:
    load(device, a=A[::-1])
    device._loaded[0] = A  # what this side believes
    load(device)
    device.run(1)
    assert device.read_output(1) == model_mixed(A, B)


def test_layers_out_of_range_or_order_are_refused(device: Device) -> None:
    for first, last in ((0, 3), (3, 3)):
        with pytest.raises(DeviceFault, match="OUT_OF_RANGE"):
            device.run_layers(first, last)


@pytest.mark.parametrize("dtype", [DType.INT8, DType.INT16, DType.FLOAT32])
def test_each_standard_input_arrives_as_it_is(device: Device, dtype: DType) -> None:
    elements = 40 // np.dtype(dtype.value).itemsize
    for name, values in standard_inputs(dtype, (elements,), 3, count=12):
        data = values.astype(values.dtype.newbyteorder("<")).tobytes()
        load(device, a=data)
        device.run(1)
        assert device.read_output(1) == model_mixed(data, B), name


def test_a_wrong_size_or_number_of_an_input_is_the_users_mistake(device: Device) -> None:
    for index, size in ((0, 39), (2, 40), (-1, 40)):
        with pytest.raises(UserError):
            device.load_input(index, bytes(size))
    with pytest.raises(UserError):
        device.read_output(2)


def test_memory_is_read_where_it_exists_and_refused_elsewhere(device: Device, firmware: Path) -> None:
    symbols = proc.run(["nm", str(firmware)], timeout_seconds=30).output.splitlines()
    address = next(int(line.split()[0], 16) for line in symbols if line.endswith(" harness_build_key"))
    assert device.read_memory(address, 32).hex() == BUILD_KEY
    large = device.read_memory(address & ~0xFFF, 3000)
    assert large[address & 0xFFF :][:32].hex() == BUILD_KEY
    for wrong in (0, 0xFFFF_FFFF_FFFF_FF00):
        with pytest.raises(DeviceFault, match="OUT_OF_RANGE"):
            device.read_memory(wrong, 16)


def test_the_peak_of_the_stack_is_that_of_the_inference_alone(device: Device) -> None:
    load(device)
    peak = device.peak_stack()
    assert 600 <= peak < 900, "the tiny model's layer has an array of 600 bytes on the stack"
    assert device.peak_stack() == peak
    assert device.read_output(0) == counters(2, 1)


def test_the_heap_is_told(device: Device) -> None:
    assert device.heap_bytes() == 0


def test_a_reset_starts_the_firmware_anew_and_counts_it(device: Device) -> None:
    load(device)
    device.run(2)
    hello = device.reset()
    assert (hello.boot_count, hello.reset_cause) == (2, "software")
    load(device)
    device.run(1)
    assert device.read_output(0) == counters(1, 1), "memory outlived the reset"
    assert device.reset().boot_count == 3


def test_a_firmware_that_restarts_in_an_inference_is_a_fault_with_its_cause(device: Device) -> None:
    load(device, b=RESTARTS)
    with pytest.raises(DeviceFault, match=r"restarted while it was to answer run \(cause: software, start number 2\)"):
        device.run(1)
    assert device.hello().boot_count == 2


def test_a_firmware_that_dies_is_a_fault(device: Device) -> None:
    load(device, b=DIES)
    with pytest.raises(DeviceFault, match="has gone"):
        device.run(1)


def test_the_process_ends_with_its_input(firmware: Path) -> None:
    with running(firmware) as board:
        Device(board.stream).hello()
        board.stream.close()
        assert board.process.wait(timeout=10) == 0


def test_a_request_that_the_firmware_does_not_know_gets_an_error_reply(firmware: Path) -> None:
    with running(firmware) as board:
        Device(board.stream).hello()
        exchange = Exchange(board.stream, resend_seconds=0.5)
        exchange.hello(Deadline.after(5))
        for kind in (0x00, 0x0E, 0x6F):
            assert exchange.request(kind, b"anything", Deadline.after(5)).status is Status.UNKNOWN_TYPE
        assert exchange.request(Request.RUN, b"\1", Deadline.after(5)).status is Status.BAD_LENGTH
        assert exchange.request(Request.HEAP, b"appended by a later host", Deadline.after(5)).status is Status.OK


def test_late_copies_of_requests_are_neither_carried_out_nor_answered(firmware: Path) -> None:
    with running(firmware) as board:
        Device(board.stream).hello()
        hello = Message(Request.HELLO, 100, b"a nonce!")
        run = Message(Request.RUN, 101, b"\1\0\0\0\0")
        read = Message(Request.READ_OUTPUT, 102, bytes(6) + b"\4\0")
        wrapped = Message(Request.READ_OUTPUT, (102 + 0x7FFF) & 0xFFFF, read.payload)
        late = [hello, run, run, hello, read, hello, run, read, wrapped]
        board.stream.write(b"".join(map(encode_frame, late)), Deadline.after(5))
        answered: list[Message] = []
        decoder = StreamDecoder()
        while not answered or answered[-1].sequence != wrapped.sequence:
            piece = board.stream.read(4096, Deadline.after(5))
            assert piece, answered
            answered += [event for event in decoder.feed(piece) if isinstance(event, Message)]
        kinds = [(message.type & 0x7F, message.sequence) for message in answered]
        ran = (Request.RUN, 101)
        assert kinds == [
            (Request.HELLO, 100), (Notice.STARTED, 101), ran, ran, (Request.READ_OUTPUT, 102),
            (Request.READ_OUTPUT, 102), (Request.READ_OUTPUT, wrapped.sequence),
        ]  # fmt: skip
        assert answered[2] == answered[3]
        assert answered[-1].payload == b"\0\1\0\0\0", "the run was carried out more than once"


def test_text_between_frames_is_no_trouble_to_either_side(firmware: Path) -> None:
    with running(firmware) as board:
        device = Device(board.stream)
        device.hello()
        board.stream.write("name%profile% żółw\r\n".encode(), Deadline.after(1))
        assert device.heap_bytes() == 0


@pytest.mark.parametrize("seed", range(12))
def test_over_a_line_that_loses_doubles_and_damages_every_answer_is_right_and_nothing_runs_twice(
    firmware: Path, seed: int
) -> None:
    with running(firmware) as board:
        line = LossyStream(board.stream, seed, 0.2)
        device = Device(line, resend_seconds=0.02)
        hello = device.hello()
        assert (hello.build_key, hello.input_bytes, hello.output_bytes) == (BUILD_KEY, INPUT_BYTES, (8, 40))
        done = 0
        for step in range(6):
            a = bytes((k * k + step + seed) & 0xFF for k in range(40))
            load(device, a=a)
            runs = device.run(3, warmups=2)
            mixed = model_mixed(a, B)
            assert [run.output_hash for run in runs] == [fnv1a(counters(done + k, 1), mixed) for k in (3, 4, 5)]
            done += 5
            assert device.read_output(0) == counters(done, 1)
            assert device.run_layers(0, 2)[1] == zlib.crc32(mixed)
            done += 1
            assert device.read_tensor(2, 8) == counters(done, 1)
            assert 600 <= device.peak_stack() < 900
            done += 1
        assert device.reset().boot_count == 2
        load(device)
        device.run(1)
        assert device.read_output(0) == counters(1, 1)
        assert line.suffered > 10
