# SPDX-License-Identifier: Apache-2.0
"""Exact counts, against firmware whose cost is known by construction."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from harness import proc
from harness.boards import Board, load_board
from harness.emulation import CountRequest, Counts, _counter, count_agrees, qemu
from harness.emulation._session import ProcessSession
from harness.errors import OpenError
from tests.emulation.images import (
    LAYERS,
    MIXED_REQUEST,
    REQUEST,
    build_image,
    build_mixed_image,
    expected_counts,
    without_classes,
)
from tests.emulation.line import Line

_RUNS = 50


@pytest.fixture(scope="module", params=["mps2_an386", "mps2_an385", "riscv32_virt", "xtensa_lx106_sim"])
def board(request: pytest.FixtureRequest) -> Board:
    return load_board(request.param)


@pytest.fixture(scope="module")
def image(board: Board, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_image(board, tmp_path_factory.mktemp("image"))


def _start(board: Board, image: Path, request: CountRequest = REQUEST) -> ProcessSession:
    return qemu.DRIVER.start(board, image, count=request)


def test_instructions_and_reads_are_exactly_those_of_the_program(board: Board, image: Path) -> None:
    with _start(board, image) as session, Line(session.port) as line:
        assert session.counts() == ()
        line.ask(b"r", 5)
        assert tuple(map(without_classes, session.counts())) == (expected_counts(board),)


def test_fifty_runs_started_over_the_serial_line_give_one_count_and_the_timer_agrees(board: Board, image: Path) -> None:
    timer_hz = board.emulators[0].timer_hz
    with _start(board, image) as session, Line(session.port) as line:
        assert line.ask(b"", 1) == b"B"
        ticks = []
        for run in range(_RUNS):
            ticks.append(int.from_bytes(line.ask(b"r", 4), "little"))
            assert len(session.counts()) == run + 1  # the record is there before the answer
        counts = session.counts()
    assert len(set(counts)) == 1
    assert (without_classes(counts[0]),) == (expected_counts(board),)
    assert all(count_agrees(counts[0].instructions, each, timer_hz=timer_hz, counted_hz=1e9) for each in ticks)
    assert session.counts() == counts  # what was counted stays readable


def test_layers_add_up_to_the_inference_without_its_own_instructions(board: Board, image: Path) -> None:
    own = 7 if board.core.isa == "thumb2" else 9
    with _start(board, image) as session, Line(session.port) as line:
        line.ask(b"r", 5)
        (counts,) = session.counts()
    assert sum(counts.layer_instructions) == counts.instructions - own


def test_layers_outside_an_inference_do_not_disturb_the_counts(board: Board, image: Path) -> None:
    with _start(board, image) as session, Line(session.port) as line:
        assert line.ask(b"srsrs", 12)[1:2] == b"K"
        assert tuple(map(without_classes, session.counts())) == (expected_counts(board),) * 2


def test_an_inference_that_a_restart_broke_off_is_not_counted(board: Board, image: Path) -> None:
    with _start(board, image) as session, Line(session.port) as line:
        assert line.ask(b"a", 2) == b"BB"
        assert session.counts() == ()
        line.ask(b"r", 4)
        assert tuple(map(without_classes, session.counts())) == (expected_counts(board),)


def test_layers_that_are_not_asked_for_belong_to_the_inference_alone(board: Board, image: Path) -> None:
    expected = expected_counts(board)
    picked = CountRequest(caller=REQUEST.caller, inference=REQUEST.inference, layers=(LAYERS[3], LAYERS[1]))
    with _start(board, image, picked) as session, Line(session.port) as line:
        line.ask(b"r", 5)
        assert tuple(map(without_classes, session.counts())) == (
            Counts(
                instructions=expected.instructions,
                layer_instructions=(expected.layer_instructions[3], expected.layer_instructions[1]),
                reads=expected.reads,
                layer_reads=(expected.layer_reads[3], expected.layer_reads[1]),
                layer_classes=((), ()),
            ),
        )


def test_a_layer_called_from_a_layer_is_part_of_it(board: Board, image: Path) -> None:
    expected = expected_counts(board)
    request = dataclasses.replace(REQUEST, layers=("layer_nested", "leaf"))
    with _start(board, image, request) as session, Line(session.port) as line:
        line.ask(b"r", 5)
        (counts,) = session.counts()
    own_leaf = 3 + 2  # what layer_tail, here no layer, jumps to; its own two belong to nobody
    assert counts.layer_instructions == (expected.layer_instructions[2], own_leaf - 2)


@pytest.mark.parametrize("optimize", ["-O0", "-Os", "-O3"])
def test_counting_in_segments_equals_counting_one_by_one(
    board: Board, tmp_path: Path, optimize: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = build_mixed_image(board, tmp_path, optimize)
    in_segments = tuple(map(without_classes, _count_two_runs(board, image)))
    monkeypatch.setattr(_counter, "_ISA", {})  # no encoding is known, so each instruction is looked at by itself
    assert _count_two_runs(board, image) == in_segments  # and no classes
    assert all(layer > 0 for layer in in_segments[0].layer_instructions)
    assert {memory for memory, size in in_segments[0].reads if size > 0} == {"flash", "ram", "other"}


def _count_two_runs(board: Board, image: Path) -> tuple[Counts, ...]:
    with _start(board, image, MIXED_REQUEST) as session, Line(session.port) as line:
        line.ask(b"r", 5)
        line.ask(b"r", 4)  # not both at once: a byte that waits is a bit of the UART's state, which the layers read
        return session.counts()


def test_counting_a_function_that_the_image_lacks_names_the_nearest(board: Board, image: Path) -> None:
    with pytest.raises(OpenError, match="no function 'layer_lop'") as caught:
        _start(board, image, dataclasses.replace(REQUEST, layers=("layer_lop",)))
    assert "layer_loop" in caught.value.hint


def test_a_layer_named_twice_cannot_be_told_apart(tmp_path: Path) -> None:
    image = _native_object(tmp_path, 'void a(void) {}\nvoid b(void) __attribute__((alias("a")));\nvoid c(void) {}')
    with pytest.raises(OpenError, match="'a' and 'b' are one and the same"):
        _start(load_board("mps2_an386"), image, CountRequest(caller="c", inference="a", layers=("b",)))


def test_a_function_without_a_size_is_refused(tmp_path: Path) -> None:
    image = _native_object(tmp_path, '__asm__(".globl a\\n.type a, @function\\na: ret");\nvoid c(void) {}')
    with pytest.raises(OpenError, match="'a' has no size"):
        _start(load_board("mps2_an386"), image, CountRequest(caller="c", inference="a", layers=()))


def test_an_image_that_is_no_elf_cannot_be_counted(tmp_path: Path) -> None:
    image = tmp_path / "text.elf"
    image.write_text("not an ELF")
    with pytest.raises(OpenError, match="not a readable ELF"):
        _start(load_board("mps2_an386"), image)


def test_a_compiler_that_fails_is_an_open_error_with_its_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    compiler = tmp_path / "cc"
    compiler.write_text("#!/bin/sh\necho 'error: the moon is full'\nexit 1\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))
    monkeypatch.setenv("CC", str(compiler))
    _counter.build_plugin.cache_clear()
    with pytest.raises(OpenError, match="the moon is full"):
        _counter.build_plugin(1)
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(OpenError, match="cannot be compiled") as caught:
        _counter.build_plugin(1)
    assert "apt-get install gcc" in caught.value.hint
    assert not list((tmp_path / "plugins").iterdir())


def test_the_plugin_compiles_once_for_each_interface_of_qemu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))
    _counter.build_plugin.cache_clear()
    built = {api: _counter.build_plugin(api) for api in (1, 4)}
    assert len({path.read_bytes() for path in built.values()}) == 2
    monkeypatch.setenv("CC", "no-such-compiler")
    _counter.build_plugin.cache_clear()
    assert {api: _counter.build_plugin(api) for api in (1, 4)} == built
    _counter.build_plugin.cache_clear()


@pytest.mark.parametrize(
    ("ticks", "agrees"),
    [(98, False), (99, True), (100, True), (101, True), (106, True), (107, False)],
)
def test_the_timer_agrees_within_a_tick_and_the_call(ticks: int, agrees: bool) -> None:
    assert count_agrees(4000, ticks, timer_hz=25_000_000, counted_hz=1e9, overhead_instructions=200) is agrees


def _native_object(folder: Path, source: str) -> Path:
    (folder / "a.c").write_text(source)
    image = folder / "a.o"
    finished = proc.run(["gcc", "-O0", "-c", str(folder / "a.c"), "-o", str(image)], timeout_seconds=60)
    assert finished.exit_code == 0, finished.output
    return image
