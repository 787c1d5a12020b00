# SPDX-License-Identifier: Apache-2.0
"""How things look in a terminal: one place for consoles, errors and numbers. Rich honours NO_COLOR and pipes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from harness.errors import HarnessError

if TYPE_CHECKING:
    from rich.console import Console

_LOG_LINES = 30


def console(*, stderr: bool = False) -> Console:
    """Return a console for tables and progress."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False)


def print_error(error: HarnessError) -> None:
    """Print an error to standard error: what and where, what to do, and the end of a tool's log."""
    typer.secho(f"error: {error.message}", fg="red", err=True)
    if error.log:
        lines = error.log.strip().splitlines()
        typer.echo("\n".join(f"  | {line}" for line in lines[-_LOG_LINES:]), err=True)
    if error.hint:
        typer.echo(error.hint, err=True)


def grouped(value: float | None, digits: int = 0) -> str:
    """Return a number with thin groups of three digits, or a dash where there is none."""
    return "-" if value is None else f"{value:,.{digits}f}"
