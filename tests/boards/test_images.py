# SPDX-License-Identifier: Apache-2.0
"""The images of real chips that need no vendor's platform: built everywhere, with or without an emulator."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import proc
from harness.boards import board_ids, load_board
from harness.firmware import build, render_project
from tests.firmware.models import tiny_model

CHIPS = [
    board for board in board_ids() if load_board(board).kind == "real" and not load_board(board).platformio.uploads
]


@pytest.mark.parametrize("board_id", CHIPS)
def test_the_image_of_a_chip_is_built_by_the_compilers_of_the_distribution(board_id: str, tmp_path: Path) -> None:
    board = load_board(board_id)
    if proc.which(f"{board.core.toolchain}-gcc") is None:
        pytest.skip(f"the compiler {board.core.toolchain}-gcc is not installed")
    image = build(render_project(tiny_model(), board, tmp_path / board_id, optimize="speed"), board)
    assert image.elf.is_file()
    assert 0 < image.figures.static_ram_bytes <= sum(m.size_bytes for m in board.memories if m.kind == "ram")


@pytest.mark.parametrize("board_id", CHIPS)
def test_a_chip_is_named_as_its_vendors_platform_names_it(board_id: str) -> None:
    assert load_board(board_id).platformio.vendor
    assert load_board(board_id).platformio.board
