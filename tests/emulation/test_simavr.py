# SPDX-License-Identifier: Apache-2.0
"""An AVR as a device, exact in instructions and cycles."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import proc
from harness.boards import Board, load_board
from harness.emulation import count_agrees, simavr
from harness.errors import BadBoard, OpenError
from harness.testing.board import missing_tools
from tests.emulation.contract import EmulatorContract
from tests.emulation.images import LAYERS, REQUEST, build_image, expected_counts
from tests.emulation.line import Line

BOARD = "simavr_atmega2560"


@pytest.fixture(scope="module", autouse=True)
def _tools() -> None:
    if reason := missing_tools(BOARD):
        pytest.skip(reason)


class TestAvr(EmulatorContract):
    BOARD = BOARD
    DRIVER = simavr.DRIVER
    CRASH_WORDS = "the program has crashed"


@pytest.fixture(scope="module")
def board() -> Board:
    return load_board(BOARD)


@pytest.fixture(scope="module")
def image(board: Board, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_image(board, tmp_path_factory.mktemp("image"))


@pytest.fixture
def forgetful() -> Iterator[None]:
    for cached in (simavr._library, simavr.build_device):
        cached.cache_clear()
    yield
    for cached in (simavr._library, simavr.build_device):
        cached.cache_clear()


def test_instructions_cycles_and_reads_are_those_of_the_data_sheet(board: Board, image: Path) -> None:
    with simavr.DRIVER.start(board, image, count=REQUEST) as session, Line(session.port) as line:
        assert session.counts() == ()
        line.ask(b"r", 5)
        assert session.counts() == (expected_counts(board),)


def test_every_run_gives_one_count_and_the_timer_agrees(board: Board, image: Path) -> None:
    expected = expected_counts(board)
    assert expected.cycles is not None
    with simavr.DRIVER.start(board, image, count=REQUEST) as session, Line(session.port) as line:
        assert line.ask(b"", 1) == b"B"
        ticks = [int.from_bytes(line.ask(b"r", 4), "little") for _ in range(20)]
        assert session.counts() == (expected,) * 20
    for each in ticks:
        hz = board.emulators[0].timer_hz
        assert count_agrees(expected.cycles, each, timer_hz=hz, counted_hz=board.clock_hz)
        assert not count_agrees(2 * expected.cycles, each, timer_hz=hz, counted_hz=board.clock_hz)


def test_layers_outside_an_inference_and_broken_off_ones_do_not_disturb(board: Board, image: Path) -> None:
    with simavr.DRIVER.start(board, image, count=REQUEST) as session, Line(session.port) as line:
        assert line.ask(b"srs", 7)[1:2] == b"K"
        assert line.ask(b"a", 1) == b"B"
        assert session.counts() == (expected_counts(board),)
        line.ask(b"r", 4)
        assert session.counts() == (expected_counts(board),) * 2


def test_layers_that_are_not_asked_for_belong_to_the_inference_alone(board: Board, image: Path) -> None:
    expected = expected_counts(board)
    picked = dataclasses.replace(REQUEST, layers=(LAYERS[3], LAYERS[1]))
    with simavr.DRIVER.start(board, image, count=picked) as session, Line(session.port) as line:
        line.ask(b"r", 5)
        (counts,) = session.counts()
    assert counts.cycles == expected.cycles
    assert counts.layer_cycles == (expected.layer_cycles[3], expected.layer_cycles[1])
    assert counts.layer_reads == (expected.layer_reads[3], expected.layer_reads[1])


def test_without_the_library_a_board_has_no_emulator(
    board: Board, image: Path, monkeypatch: pytest.MonkeyPatch, forgetful: None
) -> None:
    monkeypatch.setattr(simavr, "_LIBRARY", "libnosuch.a")
    assert not simavr.DRIVER.installed(board)
    assert simavr.DRIVER.version(board) is None
    assert simavr.DRIVER.prepare() == ()
    with pytest.raises(OpenError, match="libsimavr") as caught:
        simavr.DRIVER.start(board, image, count=None)
    assert "apt-get install libsimavr-dev" in caught.value.hint


def test_a_process_that_does_not_compile_is_an_open_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, forgetful: None
) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))
    monkeypatch.setattr(simavr, "_FLAGS", ("-DRETI=", "-Werror"))
    with pytest.raises(OpenError, match="does not compile"):
        simavr.build_device()
    assert not list((tmp_path / "plugins").iterdir())


def test_an_image_that_is_no_elf_is_an_open_error(board: Board, tmp_path: Path) -> None:
    image = tmp_path / "text.elf"
    image.write_text("not an ELF")
    with pytest.raises(OpenError, match="not a readable ELF"):
        simavr.DRIVER.start(board, image, count=None)


def test_a_board_without_simavr_is_refused(image: Path) -> None:
    with pytest.raises(BadBoard, match="does not emulate host"):
        simavr.DRIVER.start(load_board("host"), image, count=None)


def test_a_chip_that_the_library_does_not_know_is_told(board: Board, image: Path) -> None:
    assert proc.run([str(simavr.build_device()), "atmega9999", "1", "0", "0"], timeout_seconds=60).exit_code == 1
