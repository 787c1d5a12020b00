# SPDX-License-Identifier: Apache-2.0
"""Espressif's QEMU as a device, where it is installed; and what does not need it."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest
from msgspec.structs import replace

from harness.boards import Board, load_board
from harness.deadline import Deadline
from harness.emulation import CountRequest, count_agrees, qemu_espressif
from harness.emulation._flash import FLASH_BYTES, flash_contents, open_flash
from harness.emulation._machine import plugin_api, start_machine, version_of
from harness.emulation._qmp import Qmp
from harness.errors import BadBoard, OpenError
from tests.emulation.contract import EmulatorContract
from tests.emulation.hal_images import build_hal_image, expected_hal_counts
from tests.emulation.images import REQUEST
from tests.emulation.line import Line

CHIPS = ("esp32", "esp32c3", "esp32s3")
DRIVER = qemu_espressif.DRIVER
_RUNS = 50

# What programs of both makers answer to `-machine help`, in part; of Espressif's, a fork of version 9.2.2.
STOCK = """\
Supported machines are:
lx60-nommu           lx60 noMMU EVB (dc232b)
none                 empty machine
sim                  sim machine (dc232b) (default)
"""
FORK = """\
Supported machines are:
esp32                Espressif ESP32 machine
esp32-picsimlab      Espressif ESP32 machine (picsimlab)
esp32s3              Espressif ESP32S3 machine
none                 empty machine
"""


def need_emulator(board: Board) -> None:
    if not DRIVER.installed(board):
        pytest.skip(f"Espressif's QEMU with {board.id} is neither in PATH nor in HARNESS_QEMU_ESPRESSIF")


class EspressifContract(EmulatorContract):
    DRIVER = DRIVER
    CRASH_WORDS = "has no code"
    CRASH_ENDS_IT = False

    @pytest.fixture(scope="class")
    @classmethod
    def board(cls) -> Board:
        found = load_board(cls.BOARD)
        need_emulator(found)
        return found

    @pytest.fixture(scope="class")
    @classmethod
    def image(cls, board: Board, tmp_path_factory: pytest.TempPathFactory) -> Path:
        return build_hal_image(board, tmp_path_factory.mktemp("image"))


class TestEsp32(EspressifContract):
    BOARD = "esp32"


class TestEsp32C3(EspressifContract):
    BOARD = "esp32c3"


class TestEsp32S3(EspressifContract):
    BOARD = "esp32s3"


@pytest.mark.parametrize("board_id", CHIPS)
def test_fifty_runs_give_the_count_of_the_program_and_the_timer_agrees(board_id: str, tmp_path: Path) -> None:
    board = load_board(board_id)
    need_emulator(board)
    with (
        DRIVER.start(board, build_hal_image(board, tmp_path), count=REQUEST) as session,
        Line(session.port) as line,
    ):
        assert line.ask(b"", 1) == b"B"
        ticks = [int.from_bytes(line.ask(b"r", 4), "little") for _ in range(_RUNS)]
        counts = session.counts()
    assert counts == (expected_hal_counts(board),) * _RUNS
    timer_hz = board.emulators[0].timer_hz
    assert all(count_agrees(counts[0].instructions, each, timer_hz=timer_hz, counted_hz=1e9) for each in ticks)


def test_no_watchdog_of_an_esp32_is_on_where_time_may_jump(tmp_path: Path) -> None:
    board = load_board("esp32")
    need_emulator(board)
    path = qemu_espressif.find(board)
    assert path is not None
    told: list[object] = []

    def ask(qmp: Qmp) -> None:
        for group in ("timg0", "timg1"):
            told.append(qmp.execute("qom-get", Deadline.after(20), path=group, property="wdt_disable"))

    image = build_hal_image(board, tmp_path)
    with ExitStack() as resources:
        flash_fds = open_flash(flash_contents(board, image), resources)
        arguments = qemu_espressif.machine_arguments(path, "esp32", flash_fds)
        command = [str(path), *arguments, "-kernel", str(image)]
        with start_machine(command, None, resources, pass_fds=flash_fds, watch=ask) as session:
            session.check()
    assert told == [True, True]


def _pretend(monkeypatch: pytest.MonkeyPatch, folder: Path, machines: str, version: str = "9.2.2") -> Path:
    """Put a program in the place of Espressif's; it knows some machines and nothing else."""
    folder.mkdir(exist_ok=True)
    program = folder / "qemu-system-xtensa"
    program.write_text(
        f"#!/bin/sh\ncase $1 in\n-machine) cat <<'E'\n{machines}E\n;;\n*) echo version {version};;\nesac\n"
    )
    program.chmod(0o755)
    return program


def test_a_program_of_the_same_name_without_the_chip_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    board = load_board("esp32")
    monkeypatch.delenv("HARNESS_QEMU_ESPRESSIF", raising=False)
    monkeypatch.setenv("HARNESS_BENCH", str(tmp_path / "bench.toml"))
    stock, own = _pretend(monkeypatch, tmp_path / "stock", STOCK), _pretend(monkeypatch, tmp_path / "own", FORK)
    monkeypatch.setenv("PATH", f"{stock.parent}:/usr/bin:/bin")
    assert not DRIVER.installed(board)
    assert DRIVER.version(board) is None
    monkeypatch.setenv("PATH", f"{stock.parent}:{own.parent}:/usr/bin:/bin")
    assert DRIVER.version(board) == "9.2.2"
    assert qemu_espressif.machine_arguments(own, "esp32", (7, 8))[:2] == ["-machine", "esp32-picsimlab"]
    assert qemu_espressif.machine_arguments(own, "esp32s3", (7, 8))[:2] == ["-machine", "esp32s3"]
    assert "-icount" not in qemu_espressif.machine_arguments(own, "esp32", (7, 8), real_time=True)


def test_the_variable_names_the_program_or_its_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own = _pretend(monkeypatch, tmp_path / "own", FORK)
    for place in (own, own.parent):
        monkeypatch.setenv("HARNESS_QEMU_ESPRESSIF", str(place))
        assert DRIVER.installed(load_board("esp32"))
        assert not DRIVER.installed(load_board("esp32c3"))


def test_a_missing_emulator_is_an_open_error_that_says_where_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HARNESS_QEMU_ESPRESSIF", str(tmp_path))
    with pytest.raises(OpenError, match="needs Espressif's QEMU") as caught:
        DRIVER.start(load_board("esp32"), tmp_path / "a.elf", count=None)
    assert "github.com/espressif/qemu" in caught.value.hint
    assert "HARNESS_QEMU_ESPRESSIF" in caught.value.hint


def test_a_board_of_another_maker_is_refused(tmp_path: Path) -> None:
    request: CountRequest | None = None
    with pytest.raises(BadBoard, match="does not emulate mps2_an386"):
        DRIVER.start(load_board("mps2_an386"), tmp_path / "a.elf", count=request)


@pytest.mark.parametrize(
    ("version", "api"), [("7.2.22", 1), ("8.2.0", 1), ("9.0.4", 2), ("9.1.0", 3), ("9.2.2", 4), ("10.1.0", 4)]
)
def test_the_plugin_is_compiled_for_the_interface_of_the_version(
    version: str, api: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = _pretend(monkeypatch, tmp_path, STOCK, version)
    assert version_of(program) == version
    assert plugin_api(program) == api


def test_registers_as_both_cores_print_them_have_a_program_counter() -> None:
    xtensa = "CPU#0\nPC=4008112c\n\nLBEG=00000000 LEND=00000000"
    riscv = "\nCPU#0\n V      =   0\n pc       40380dba\n mhartid  00000000"
    assert [qemu_espressif.program_counter(each) for each in (xtensa, riscv)] == [0x4008112C, 0x40380DBA]
    assert qemu_espressif.program_counter("no registers") is None


def test_constants_lie_in_the_flash_chip_where_the_board_says(tmp_path: Path) -> None:
    board = load_board("esp32c3")
    flash = flash_contents(board, build_hal_image(board, tmp_path))
    assert len(flash) == FLASH_BYTES
    offset = dict(board.firmware.hardware)["flash_offset"]
    assert set(flash[:offset]) == {0xFF}
    assert bytes((1, 0, 0, 0, 2, 0, 0, 0)) in flash[offset : offset + 0x10000]  # `constants` of the test firmware


def test_a_board_that_does_not_say_where_its_constants_lie_is_refused(tmp_path: Path) -> None:
    board = load_board("esp32c3")
    bare = replace(board, firmware=replace(board.firmware, hardware=()))
    with pytest.raises(BadBoard, match="has no flash behind a cache"):
        flash_contents(bare, tmp_path / "a.elf")
