# SPDX-License-Identifier: Apache-2.0
"""Arithmetic that a core's compiler leaves to software, bit by bit against this machine's processor."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import proc
from harness.boards import load_board
from harness.firmware import build, render_project
from tests.firmware.conftest import need
from tests.firmware.models import tiny_model
from tests.firmware.test_hal import EMULATORS, boot

SOURCE = Path(__file__).with_name("arithmetic_check.c")
OPERATIONS = 32


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What this machine prints: its processor has IEEE 754 and 64 bits."""
    program = tmp_path_factory.mktemp("arithmetic") / "host"
    flags = ["-DON_HOST", "-O1", "-std=c99", "-ffp-contract=off", "-fwrapv"]
    finished = proc.run(["gcc", *flags, str(SOURCE), "-o", str(program)], timeout_seconds=60)
    assert finished.exit_code == 0, finished.output
    lines = proc.run([str(program)], timeout_seconds=60).output.splitlines()
    assert len(lines) == OPERATIONS
    return lines


@pytest.mark.parametrize("board_id", ["xtensa_lx106_sim", pytest.param("riscv32_virt", marks=pytest.mark.slow)])
def test_arithmetic_in_software_equals_a_processors(board_id: str, wanted: list[str], tmp_path: Path) -> None:
    board = load_board(board_id)
    need(f"{board.core.toolchain}-gcc")
    need(EMULATORS[board_id][0])
    project = render_project(tiny_model(), board, tmp_path / "p", optimize="speed")
    (project.folder / "src/main.c").write_bytes(SOURCE.read_bytes())
    with boot(board_id, build(project, board).elf) as console:
        text = console.read_until(r".*end\n")[0].decode()
    assert text.splitlines()[:-1] == wanted
