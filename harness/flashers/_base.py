# SPDX-License-Identifier: Apache-2.0
"""What a flasher promises: a built project goes onto a board, or there is an error with the log of why not."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class Flashable(Protocol):
    """What a flasher needs of a built firmware project."""

    @property
    def folder(self) -> Path:
        """Where the project lies."""
        ...

    @property
    def board_id(self) -> str:
        """The board, which is also the name of the project's environment."""
        ...


class Flasher(Protocol):
    """The object ``FLASHER`` of a module of this package."""

    NAME: str

    def flash(self, project: Flashable, port: str | None) -> str:
        """Write a built image to the board at ``port`` (None: the tool finds it) and return the tool's log.

        Raises FlashError, which carries the log.
        """
        ...
