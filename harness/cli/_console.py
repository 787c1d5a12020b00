# SPDX-License-Identifier: Apache-2.0
"""How things look in a terminal: one place for consoles, errors and numbers. Rich honours NO_COLOR and pipes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from harness.errors import HarnessError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_LOG_LINES = 30
_WIDEST = 1000
LAYOUT = "\n\t"  # of a message


def console(*, stderr: bool = False) -> Console:
    """Return a console for tables and progress."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False)


def print_whole(table: Table, *, widest: int = _WIDEST) -> None:
    """Print a table as wide as it is, up to a width: in a narrower terminal its lines go on in the next row."""
    out = console()
    whole = out.measure(table, options=out.options.update(width=widest)).maximum
    out.width = max(out.width, whole)
    out.print(table)


def print_error(error: HarnessError) -> None:
    """Print an error to standard error: what and where, what to do, and the end of a tool's log."""
    typer.secho(f"error: {visible(error.message, keep=LAYOUT)}", fg="red", err=True)
    if error.log:
        typer.echo(end_of_log(error.log), err=True)
    if error.hint:
        typer.echo(visible(error.hint, keep=LAYOUT), err=True)


def visible(text: str, *, keep: str = "") -> str:
    """Return a text with names from outside, the characters that a terminal would obey written out as escapes."""
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text)


def end_of_log(log: str) -> str:
    """Return the last lines of what a tool printed, marked as its own."""
    return "\n".join(f"  | {line}" for line in log.strip().splitlines()[-_LOG_LINES:])


def grouped(value: float | None, digits: int = 0) -> str:
    """Return a number with thin groups of three digits, or a dash where there is none."""
    return "-" if value is None else f"{value:,.{digits}f}"
