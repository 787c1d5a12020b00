# SPDX-License-Identifier: Apache-2.0
"""Flashing as PlatformIO does it for a board: ``pio run -t upload``, with the uploader of the board's own platform."""

from __future__ import annotations

import re

from harness.errors import FlashError, ToolError
from harness.flashers._base import Flashable, Flasher
from harness.pio import run_pio

_TIMEOUT_SECONDS = 180.0  # 2 MB at 115,200 baud
_REASON = re.compile(r"^.*(?:\berror\b|\bfailed\b|could not|cannot|not found|denied).*$", re.IGNORECASE | re.MULTILINE)
_FOOTER = re.compile(r"^=+ \[.*\] .*=+$|^\*\*\* \[.*\] Error \d+$", re.MULTILINE)


class PlatformIOFlasher:
    """A Flasher; it has no state."""

    NAME = "platformio"

    def flash(self, project: Flashable, port: str | None) -> str:
        """Upload a built project and return PlatformIO's log. Raises FlashError: the uploader's reason, and the log."""
        arguments = ["--environment", project.board_id, "--target", "upload"]
        arguments += ["--upload-port", port] if port else []
        try:
            finished = run_pio(project.folder, arguments, timeout_seconds=_TIMEOUT_SECONDS)
        except ToolError as error:
            raise FlashError(f"flashing {project.board_id} did not end: {error.message}", log=error.log) from error
        if finished.exit_code != 0:
            where = f" at {port}" if port else ""
            raise FlashError(
                f"flashing {project.board_id}{where} failed: {_reason(finished.output)}", log=finished.output
            )
        return finished.output


def _reason(log: str) -> str:
    """Return the first line that sounds like a reason, else the last that says anything."""
    told = _FOOTER.sub("", log)
    found = _REASON.search(told)
    if found:
        return found.group(0).strip()
    return next((line.strip() for line in reversed(told.splitlines()) if line.strip()), "PlatformIO printed nothing")


FLASHER: Flasher = PlatformIOFlasher()
