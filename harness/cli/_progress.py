# SPDX-License-Identifier: Apache-2.0
"""What a command is doing now, on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

from harness.transports import WAITING

if TYPE_CHECKING:
    from rich.live import Live


class Progress:
    """A spinner with the stage under way; where nobody looks, only what is waited for is said."""

    def __init__(self, *, quiet: bool) -> None:
        self._live: Live | None = None
        self._quiet = quiet
        if not quiet and sys.stderr.isatty():
            from rich.live import Live

            from harness.cli._console import console

            self._live = Live(console=console(stderr=True), transient=True)

    def watch(self, what: str) -> Callable[[str], None]:
        """Return a watcher that shows the stage under way of ``what``."""
        from harness.cli._console import visible

        name = visible(what)

        def show(stage: str) -> None:
            if self._live is not None:
                from rich.markup import escape
                from rich.spinner import Spinner

                self._live.update(Spinner("dots", text=escape(f"{name}: {stage}")), refresh=True)
            elif not self._quiet and stage.startswith(WAITING):
                typer.echo(f"{name}: {stage}", err=True)

        return show

    def __enter__(self) -> Progress:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._live is not None:
            self._live.stop()
