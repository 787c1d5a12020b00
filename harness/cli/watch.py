# SPDX-License-Identifier: Apache-2.0
"""``harness watch``: the page of a study in the browser while it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    app.command()(watch)


def watch(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="Name of the study.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on this computer; default: any free one.")] = 0,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the address in the browser.")] = False,
    results: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of results (HARNESS_RESULTS).")] = None,
) -> None:
    """Watch a study in the browser: its report, which updates itself while 'harness run' goes on elsewhere.

    Served to this computer alone (127.0.0.1), at an address that nobody can guess. It reads the store and changes
    nothing. Ctrl-C ends it.
    """
    from harness.report.live import LivePages, LiveServer
    from harness.settings import results_dir
    from harness.store import open_store

    with open_store(results_dir(results)) as store:
        store.study(study)  # a wrong name is told here, not in the browser
        with LiveServer(LivePages(store, study), port=port) as server:
            typer.echo(f"{study}: {server.url}")
            typer.echo("Ctrl-C ends it.", err=True)
            if open_browser:
                import webbrowser

                webbrowser.open(server.url)
            try:
                server.serve()
            except KeyboardInterrupt:
                typer.echo("", err=True)
