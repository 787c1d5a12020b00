# SPDX-License-Identifier: Apache-2.0
"""What a board is: facts from ``boards/<id>.toml`` and ``boards/cores/<core>.toml``, strictly read."""

from harness.boards.files import board_ids, load_board
from harness.boards.schema import Base, Board, CodeSizes, Core, Emulator, Estimate, Memory, PlatformIO

__all__ = [
    "Base",
    "Board",
    "CodeSizes",
    "Core",
    "Emulator",
    "Estimate",
    "Memory",
    "PlatformIO",
    "board_ids",
    "load_board",
]
