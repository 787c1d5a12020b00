# SPDX-License-Identifier: Apache-2.0
"""A report as PDF: its page printed by a headless Chromium, a process of its own with a deadline."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from harness import proc
from harness.errors import ToolError
from harness.programs import Program

PRINT_SECONDS = 120.0
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
_INSTALL = "Install Chromium (apt install chromium)."
_FLAGS = (
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-pdf-header-footer",
)


def print_page(page: str, *, timeout_seconds: float = PRINT_SECONDS) -> bytes:
    """Return a page printed as PDF. Raises ToolError where no browser is installed, or it does not print in time."""
    browser = find_browser()
    with tempfile.TemporaryDirectory(prefix="harness-pdf-") as scratch:
        folder = Path(scratch)
        (folder / "report.html").write_text(page, encoding="utf-8", newline="\n")
        command = [str(browser), *_FLAGS, f"--user-data-dir={folder / 'profile'}"]
        if os.geteuid() == 0:
            command.append(
                "--no-sandbox"
            )  # which a browser that root runs refuses; the page is ours and fetches nothing
        command += [f"--print-to-pdf={folder / 'report.pdf'}", (folder / "report.html").as_uri()]
        ended = proc.run(command, timeout_seconds=timeout_seconds)
        printed = (folder / "report.pdf").read_bytes() if (folder / "report.pdf").exists() else b""
    if ended.exit_code != 0 or not printed.startswith(b"%PDF"):
        raise ToolError(
            f"{browser} printed no PDF (exit code {ended.exit_code})",
            hint="The HTML report has the same content: leave --pdf away, and print it from a browser.",
            log=ended.output,
        )
    return printed


def find_browser() -> Path:
    """Return the path of Chromium or a browser like it. Raises ToolError where none is installed."""
    programs = [Program(name=name, variable="HARNESS_CHROMIUM", key="chromium", install=_INSTALL) for name in _NAMES]
    for program in programs:
        found = program.find()
        if found is not None:
            return found
    first = programs[0]
    raise ToolError(
        f"a PDF is printed by Chromium, and {first.wanted()!r} is not installed",
        hint=f"{first.how_to_get()} The HTML report needs none: leave --pdf away.",
    )
