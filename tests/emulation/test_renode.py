# SPDX-License-Identifier: Apache-2.0
"""Renode as a device: the contract and exact counts where it is installed, what it prints everywhere."""

from __future__ import annotations

import os
import select
import socket
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from harness import proc
from harness.boards import Board, load_board
from harness.deadline import Deadline
from harness.emulation import count_agrees, renode
from harness.emulation._monitor import Monitor, MonitorError, abort_in, answer_to, escaped, registers_in
from harness.emulation._session import ProcessSession
from harness.errors import BadBoard, OpenError
from tests.emulation.contract import EmulatorContract
from tests.emulation.images import LAYERS, REQUEST, build_image, expected_counts
from tests.emulation.line import Line

TRANSCRIPTS = Path(__file__).parent / "transcripts"
RUNS = 50
_ATTEMPTS = 5  # of Renode, at the list of the STM32F4's registers


@pytest.fixture(scope="module")
def installed() -> None:
    if renode.PROGRAM.find() is None:
        pytest.skip(f"Renode is not installed. {renode.PROGRAM.how_to_get()}")


@pytest.fixture(scope="module")
def board() -> Board:
    return load_board("disco_f407vg")


@pytest.fixture(scope="module")
def image(board: Board, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_image(board, tmp_path_factory.mktemp("image"))


@pytest.mark.slow
@pytest.mark.usefixtures("installed")
class TestRenode(EmulatorContract):
    BOARD = "disco_f407vg"
    DRIVER = renode.DRIVER
    CRASH_WORDS = "CPU abort"
    CRASH_ENDS_IT = False
    KEEPS_EARLY_BYTES = False


@pytest.mark.slow
@pytest.mark.usefixtures("installed")
def test_fifty_runs_started_over_the_serial_line_give_the_count_of_the_program(board: Board, image: Path) -> None:
    timer_hz = board.emulators[0].timer_hz
    expected = expected_counts(board)
    with renode.DRIVER.start(board, image, count=REQUEST) as session, Line(session.port) as line:
        assert line.ask(b"", 1) == b"B"
        ticks = []
        for run in range(RUNS):
            ticks.append(int.from_bytes(line.ask(b"r", 4), "little"))
            assert len(session.counts()) == run + 1  # the record is there before the answer
        assert line.ask(b"s", 1) == b"K"  # layers outside an inference
        assert line.ask(b"a", 1) == b"B"  # an inference that a restart broke off
        line.ask(b"r", 4)
        counts = session.counts()
    assert len(counts) == RUNS + 1
    assert {each.instructions for each in counts} == {expected.instructions}
    assert {each.layer_instructions for each in counts} == {expected.layer_instructions}
    hz = renode.DRIVER.INSTRUCTION_HZ
    assert all(count_agrees(expected.instructions, each, timer_hz=timer_hz, counted_hz=hz) for each in ticks)


@pytest.mark.slow
@pytest.mark.usefixtures("installed")
def test_a_folder_with_spaces_is_no_obstacle_and_is_left_empty(
    board: Board, image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "a place with spaces"
    folder.mkdir()
    own = folder / "an image.elf"
    own.write_bytes(image.read_bytes())
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    with renode.DRIVER.start(board, own, count=REQUEST) as session, Line(session.port) as line:
        assert line.ask(b"", 1) == b"B"
        assert isinstance(session, ProcessSession)
        line.ask(b"r", 4)
        assert len(session.counts()) == 1
    assert [path.name for path in folder.iterdir()] == ["an image.elf"]


@pytest.mark.slow
@pytest.mark.usefixtures("installed")
def test_one_that_was_started_ahead_runs_the_next_image_for_its_board_alone(
    board: Board, image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    other = load_board("nrf52840_dk")
    for ahead in (board, board, other):
        renode.DRIVER.start_ahead(ahead)
        (folder,) = tmp_path.iterdir()  # never more than one
        with renode.DRIVER.start(board, image, count=REQUEST) as session, Line(session.port) as line:
            assert line.ask(b"", 1) == b"B"
            line.ask(b"r", 4)
            assert [each.instructions for each in session.counts()] == [expected_counts(board).instructions]
            assert (folder / "counts").exists() == (ahead is board)
        assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.usefixtures("installed")
def test_one_that_was_started_ahead_and_never_used_leaves_nothing_behind(tmp_path: Path) -> None:
    code = (
        "import tempfile; from harness.boards import load_board; from harness.emulation import renode;"
        f"tempfile.tempdir = {str(tmp_path)!r}; renode.DRIVER.start_ahead(load_board('disco_f407vg'));"
        "print(*__import__('os').listdir(tempfile.tempdir))"
    )
    told = proc.run([sys.executable, "-c", code], timeout_seconds=60).output.split()
    assert len(told) == 1
    assert told[0].startswith("harness-renode-")
    assert list(tmp_path.iterdir()) == []
    assert not [each for each in Path("/proc").glob("[0-9]*/environ") if told[0].encode() in _read(each)]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


@pytest.mark.slow
@pytest.mark.usefixtures("installed")
def test_renode_is_kept_from_the_network(board: Board, image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{listening.getsockname()[1]}")
        with renode.DRIVER.start(board, image, count=None) as session:
            assert isinstance(session, ProcessSession)
            assert session.log.count("[ERROR] Failed to download") == _ATTEMPTS
        assert select.select([listening], [], [], 0)[0] == [], "it asked the network"


@pytest.mark.slow
@pytest.mark.usefixtures("installed")
def test_a_machine_that_renode_does_not_know_is_an_open_error_in_its_words(board: Board, image: Path) -> None:
    wrong = replace(board, emulators=(replace(board.emulators[0], machine="platforms/cpus/none.repl"),))
    with pytest.raises(OpenError, match=r"none\.repl"):
        renode.DRIVER.start(wrong, image, count=None)


def test_a_missing_renode_is_an_open_error_that_says_where_to_get_it(
    board: Board, image: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_RENODE", "no-such-renode")
    assert not renode.DRIVER.installed(board)
    assert renode.DRIVER.version(board) is None
    with pytest.raises(OpenError, match="no-such-renode") as caught:
        renode.DRIVER.start(board, image, count=None)
    assert "renode.io" in caught.value.hint


def test_a_board_that_names_no_serial_port_is_refused(board: Board, image: Path) -> None:
    for emulators in ((), (replace(board.emulators[0], serial=""),)):
        with pytest.raises(BadBoard, match="serial" if emulators else "does not emulate"):
            renode.DRIVER.start(replace(board, emulators=emulators), image, count=None)


def transcript(name: str) -> str:
    """What Renode 1.16.1 printed in a run of this driver, byte by byte."""
    return (TRANSCRIPTS / f"renode_{name}.txt").read_bytes().decode()


@pytest.mark.parametrize(
    ("command", "answer"),
    [("sysbus.cpu PerformanceInMips 1000", ""), ("start", "Starting emulation..."), ("sysbus.cpu IsHalted", "False")],
)
def test_answers_are_told_from_echo_prompt_and_log(command: str, answer: str) -> None:
    assert answer_to(command, transcript("start")) == answer


def test_a_line_of_the_log_in_the_middle_of_an_echo_hides_no_answer() -> None:
    command = 'emulation CreateUartPtyTerminal "line" "/tmp/harness-renode-0/serial"'
    said = transcript("interleaved")
    assert command not in said
    assert answer_to(command, said) == ""


def test_a_line_of_the_log_in_the_middle_of_a_prompt_hides_no_answer() -> None:
    first, second = 'mach create "board"', "machine LoadPlatformDescription @platforms/cpus/sifive-fe310.repl"
    said = transcript("torn_prompt").partition(second)
    assert said[0].endswith("(17:40:03.7235 [INFO] System bus created.\nboard) ")
    logs = iter((said[0], "".join(said)))
    with Path(os.devnull).open("wb") as commands:
        monitor = Monitor(commands.fileno(), lambda: next(logs), has_ended=lambda: True)
        assert monitor.execute(second, Deadline.after(60)).startswith("Failed to download")
    assert answer_to(first, said[0]) == ""


def test_an_answer_is_not_there_before_the_prompt_is(board: Board) -> None:
    del board
    said = transcript("start")
    whole = said[: said.index("sysbus.cpu IsHalted") + len("sysbus.cpu IsHalted")]
    assert answer_to("sysbus.cpu IsHalted", whole) is None
    assert answer_to("version", said) is None


def test_renodes_complaints_are_errors_though_its_exit_code_stays_0() -> None:
    said = transcript("errors")
    for command in ("machine LoadPlatformDescription @platforms/cpus/none.repl", "nonsense", "sysbus.cpu Nonsense"):
        with pytest.raises(MonitorError):
            answer_to(command, said)


def test_a_core_that_gave_up_is_found_in_the_log_and_a_healthy_log_has_none() -> None:
    aborted = abort_in(transcript("abort"))
    assert aborted is not None
    assert "0xF0000000" in aborted
    assert abort_in(transcript("start")) is None


def test_the_general_registers_of_a_core_that_gave_up_stand_in_one_line() -> None:
    told = registers_in(answer_to("sysbus.cpu GetRegistersValues", transcript("abort")) or "")
    assert told.startswith("R0=0x17 R1=0xE000E000 ")
    assert " PC=0xF0000000 " in told
    assert "S16" not in told


def test_a_line_of_the_counter_is_the_inference_and_its_layers() -> None:
    counts = renode.parse_counts("2038 4 2002 10 10 5", len(LAYERS))
    assert (counts.instructions, counts.layer_instructions) == (2038, (4, 2002, 10, 10, 5))
    with pytest.raises(ValueError, match="2 layers"):
        renode.parse_counts("10 1 2", 3)


def test_spaces_in_a_path_are_escaped() -> None:
    assert escaped("/a b/c") == r"/a\ b/c"
