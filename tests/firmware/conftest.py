# SPDX-License-Identifier: Apache-2.0
"""A cache of this session's own, and one built image a board."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from harness.boards import load_board
from harness.firmware import BuiltImage, Project, build, render_project
from tests.firmware.models import tiny_model

COMPILERS = {
    "mps2_an386": "arm-none-eabi-gcc",
    "riscv32_virt": "riscv64-unknown-elf-gcc",
    "xtensa_lx106_sim": "xtensa-lx106-elf-gcc",
    "host": "gcc",
}
LOCAL_BOARDS = ("mps2_an386", "riscv32_virt", "host")


def need(program: str) -> None:
    """Skip where a program is not installed."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARNESS_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


Built = tuple[Project, BuiltImage]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Built]:
    """Build the tiny model for a board, once; the folder is not to be changed."""

    @cache
    def build_for(board_id: str) -> Built:
        need(COMPILERS[board_id])
        board = load_board(board_id)
        folder: Path = tmp_path_factory.mktemp("built") / board_id
        project = render_project(tiny_model(), board, folder, optimize="speed")
        return project, build(project, board)

    return build_for
