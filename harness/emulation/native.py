# SPDX-License-Identifier: Apache-2.0
"""This machine as a board: a native process that speaks on its standard input and output, on a pty."""

from __future__ import annotations

import os
import platform
from contextlib import ExitStack
from pathlib import Path

from harness.boards import Board
from harness.emulation._base import CountRequest
from harness.emulation._pty import open_pty
from harness.emulation._session import ProcessSession, open_log, start_child
from harness.errors import OpenError, ToolError


class Native:
    """The driver; it holds nothing. It is correct; neither its time nor its instructions mean anything."""

    NAME = "native"
    COUNTS = False
    INSTRUCTION_HZ = 0.0  # its time is the host's

    def installed(self, board: Board) -> bool:
        """There is nothing to install."""
        del board
        return True

    def version(self, board: Board) -> str:
        """Return the architecture of this machine."""
        del board
        return platform.machine()

    def start(self, board: Board, image: Path, *, count: CountRequest | None) -> ProcessSession:
        """Start ``image`` (an ELF of this machine). Raises OpenError where it cannot be executed, or counts are asked.

        What it prints on its standard error is its log.
        """
        if count is not None:
            raise OpenError(f"{board.id}: a native process is not counted", hint="Ask for no counts.")
        with ExitStack() as resources:
            line = open_pty()
            resources.callback(os.close, line.port_fd)
            log_fd = open_log(resources)
            try:
                child = start_child([str(image.absolute())], resources, log_fd=log_fd, line_fd=line.device_fd)
            except ToolError as error:
                raise OpenError(
                    f"{image} does not start: {error.message}", hint="Build it for this machine."
                ) from error
            finally:
                os.close(line.device_fd)
            return ProcessSession(
                name=image.name, port=line.path, child=child, log_fd=log_fd, resources=resources.pop_all()
            )


DRIVER = Native()
