# SPDX-License-Identifier: Apache-2.0
"""Images for the chips of Espressif: by the compilers of Debian, within the memories of the data sheets."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from harness import pio
from harness.boards import Board, load_board
from harness.emulation import qemu_espressif
from harness.emulation._flash import flash_contents, open_flash
from harness.emulation._machine import start_machine
from harness.firmware import Project, build, render_project
from harness.firmware.image import read_image
from tests.emulation.line import Line
from tests.firmware.conftest import need
from tests.firmware.models import WEIGHTS_BYTES, tiny_model

CHIPS = ("esp32", "esp32c3", "esp32s3")
DRIVER = qemu_espressif.DRIVER
WATCHDOG_SECONDS = 2.0  # of an ESP32 that was reset: 0.65 s, if nobody stops it


@pytest.mark.parametrize("board_id", CHIPS)
def test_an_image_keeps_to_the_memories_of_the_chip(board_id: str, tmp_path: Path) -> None:
    board = load_board(board_id)
    need(f"{board.core.toolchain}-gcc")
    built = build(render_project(tiny_model(), board, tmp_path / "p", optimize="speed"), board)
    region = {section.name: section.region for section in built.figures.sections}
    assert region[".text"] == "iram"
    assert region[".rodata"] == "flash"  # by bytes instruction RAM cannot be read
    assert {region[name] for name in (".data", ".bss", ".stack")} == {"dram"}
    assert built.figures.flash.weights_bytes == WEIGHTS_BYTES
    image = read_image(built.elf)
    memories = {memory.name: memory for memory in board.memories}
    for section in image.sections:
        memory = memories[region[section.name]]
        assert section.address + section.size_bytes <= memory.address + memory.size_bytes
    code = next(section for section in image.sections if section.name == ".text")
    assert code.address % 256 == 0  # the vectors come first
    inside = [s for s in image.symbols if s.is_data and code.address <= s.address < code.address + code.size_bytes]
    assert inside == []


def need_emulator(board: Board) -> Path:
    path = qemu_espressif.find(board)
    if path is None:
        pytest.skip(f"Espressif's QEMU with {board.id} is neither in PATH nor in HARNESS_QEMU_ESPRESSIF")
    return path


def render_hal_check(board: Board, folder: Path) -> Project:
    project = render_project(tiny_model(), board, folder, optimize="speed")
    (project.folder / "src/main.c").write_bytes(Path(__file__).with_name("hal_check.c").read_bytes())
    return project


@contextmanager
def boot(path: Path, board: Board, flash: bytes, *arguments: str) -> Iterator[Line]:
    """Start a chip in real time, in which its watchdogs run as on the chip; without a kernel, through its mask ROM."""
    with ExitStack() as resources:
        flash_fds = open_flash(flash, resources)
        command = [str(path), *qemu_espressif.machine_arguments(path, board.id, flash_fds, real_time=True), *arguments]
        with start_machine(command, None, resources, pass_fds=flash_fds) as session, Line(session.port) as line:
            yield line


@pytest.mark.slow
@pytest.mark.parametrize("board_id", CHIPS)
def test_the_mask_rom_boots_the_flash_image(board_id: str, tmp_path: Path) -> None:
    board = load_board(board_id)
    path = need_emulator(board)
    if shutil.which("esptool") is None and importlib.util.find_spec("esptool") is None:
        pytest.skip("esptool is not installed")
    project = render_hal_check(board, tmp_path / "p")
    finished = pio.run_pio(project.folder, ["-t", "flash_image"], timeout_seconds=300)
    assert finished.exit_code == 0, finished.output
    content = (project.folder / f".pio/build/{board_id}/flash.bin").read_bytes()
    with boot(path, board, content) as line:
        said = line.read_until(b"unreadable 0\n")
    causes = [b"boot 1 cause 1\n", b"boot 2 cause 2\n", b"boot 3 cause 4\n"]
    assert all(words in said for words in causes), said  # after a restart and a fault through the ROM as well
    assert said.count(b"entry 0x") == len(causes), said  # the ROM names where it jumps to


@pytest.mark.slow
@pytest.mark.parametrize("board_id", CHIPS)
def test_the_firmware_stops_the_watchdogs_that_a_reset_starts(board_id: str, tmp_path: Path) -> None:
    board = load_board(board_id)
    path = need_emulator(board)
    image = build(render_hal_check(board, tmp_path / "p"), board).elf
    with boot(path, board, flash_contents(board, image), "-kernel", str(image)) as line:
        line.read_until(b"unreadable 0\n")
        assert line.is_silent_for(WATCHDOG_SECONDS)
