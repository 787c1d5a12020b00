# SPDX-License-Identifier: Apache-2.0
"""The emulators' test firmware on the HAL and the linker script that a board's own firmware has."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from harness.boards import Board
from harness.emulation import Counts
from harness.firmware import build, render_project
from tests.emulation.images import constructed_counts
from tests.firmware.models import tiny_model

_SOURCES = Path(__file__).parent / "firmware"
_KERNELS = {"rv32": ("virt.S", "0x10000000"), "xtensa": ("lx60.S", "0x9D050020")}  # and the device that they read


def build_hal_image(board: Board, folder: Path) -> Path:
    """Build the test firmware for a board into a folder."""
    project = render_project(tiny_model(), board, folder / "project", optimize="speed")
    for name in ("main.c", "board.h", "hal.c"):
        (project.folder / "src" / name).write_bytes((_SOURCES / name).read_bytes())
    kernels, device = _KERNELS[board.core.isa]
    text = (_SOURCES / kernels).read_text()
    assert device in text
    uart = f"{dict(board.firmware.hardware)['uart0']:#x}"
    (project.folder / "src" / "kernels.S").write_text(text.replace(device, uart))
    return build(project, board).elf


def expected_hal_counts(board: Board) -> Counts:
    """Return what one inference costs where code, constants and variables have a memory each."""
    literals = {"rv32": (0, 0, 0, 0, 0), "xtensa": (4, 0, 0, 12, 0)}[board.core.isa]  # of each layer, with the code
    counts = constructed_counts(board, ("iram", "flash", "dram", "other"), literals)
    order = [*(memory.name for memory in board.memories), "other"]
    in_order = {row: tuple((name, dict(row)[name]) for name in order) for row in (counts.reads, *counts.layer_reads)}
    return dataclasses.replace(
        counts, reads=in_order[counts.reads], layer_reads=tuple(in_order[row] for row in counts.layer_reads)
    )
