# SPDX-License-Identifier: Apache-2.0
"""Generated code on an emulated board: built as firmware, fed and read over the link."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness import proc
from harness.boards import Board, load_board
from harness.emulation import Way, ways
from harness.errors import OpenError
from harness.firmware import build, open_project
from harness.measure.rig import open_emulated
from harness.measure.verify import infer
from harness.runtimes import RenderedModel
from harness.testing.host import Array


def missing_tools(board_id: str) -> str:
    """Return why an emulated board cannot be used on this machine, or an empty text."""
    board = load_board(board_id)
    compiler = f"{board.core.toolchain}-gcc"
    if board.core.toolchain != "native" and proc.which(compiler) is None:
        return f"the compiler {compiler} is not installed"
    return "" if _own_way(board) is not None else f"no emulator for {board_id} is installed"


def _own_way(board: Board) -> Way | None:
    """Return the first emulator here that runs the board's own image."""
    return next((way for way in ways(board) if way.machine is board and way.installed), None)


def run_on_board(
    rendered: RenderedModel,
    board_id: str,
    folder: Path,
    sets: Sequence[Sequence[Array]],
    *,
    keeps_state: bool = False,
    optimize: str = "speed",
) -> list[tuple[Array, ...]]:
    """Build a model as firmware and return its outputs for each set of inputs; it is reset before each, or only once.

    Raises what building and linking do.
    """
    board = load_board(board_id)
    way = _own_way(board)
    if way is None:
        raise OpenError(missing_tools(board_id))
    with open_project(rendered, board, optimize=optimize, keep=folder / "project") as project:
        image = build(project, board).elf
        with open_emulated(board, way.driver, image, rendered) as rig:
            rig.device.hello()
            return [
                infer(rig.device, rendered, tuple(inputs), keep_state=keeps_state and step > 0)
                for step, inputs in enumerate(sets)
            ]
