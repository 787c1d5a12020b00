# SPDX-License-Identifier: Apache-2.0
"""Images for the chips of Espressif: by the compilers of Debian, within the memories of the data sheets."""

from __future__ import annotations

import importlib.util
import shutil
from contextlib import ExitStack
from pathlib import Path

import pytest

from harness import pio
from harness.boards import load_board
from harness.emulation import qemu_espressif
from harness.emulation._flash import open_flash
from harness.emulation._machine import start_machine
from harness.firmware import build, render_project
from harness.firmware.image import read_image
from tests.emulation.line import Line
from tests.firmware.conftest import need
from tests.firmware.models import WEIGHTS_BYTES, tiny_model

CHIPS = ("esp32", "esp32c3", "esp32s3")
DRIVER = qemu_espressif.DRIVER


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


@pytest.mark.slow
@pytest.mark.parametrize("board_id", CHIPS)
def test_the_mask_rom_boots_the_flash_image(board_id: str, tmp_path: Path) -> None:
    board = load_board(board_id)
    if not DRIVER.installed(board):
        pytest.skip(f"Espressif's QEMU with {board_id} is neither in PATH nor in HARNESS_QEMU_ESPRESSIF")
    if shutil.which("esptool") is None and importlib.util.find_spec("esptool") is None:
        pytest.skip("esptool is not installed")
    project = render_project(tiny_model(), board, tmp_path / "p", optimize="speed")
    (project.folder / "src/main.c").write_bytes(Path(__file__).with_name("hal_check.c").read_bytes())
    finished = pio.run_pio(project.folder, ["-t", "flash_image"], timeout_seconds=300)
    assert finished.exit_code == 0, finished.output
    content = (project.folder / f".pio/build/{board_id}/flash.bin").read_bytes()
    path = qemu_espressif.find(board)
    assert path is not None
    with ExitStack() as resources:
        flash_fds = open_flash(content, resources)
        arguments = qemu_espressif.machine_arguments(path, board_id, flash_fds)
        at = arguments.index("-icount")  # without: the ROM of the ESP32 would take most of a minute
        del arguments[at : at + 2]
        with start_machine([str(path), *arguments], None, resources, pass_fds=flash_fds) as session:
            with Line(session.port) as line:
                said = line.read_until(b"boot 2 cause 2\n")  # after a restart, through the ROM as well
    assert b"boot 1 cause 1\n" in said
    assert said.count(b"entry 0x") == 2, said  # the ROM names where it jumps to
