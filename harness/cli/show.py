# SPDX-License-Identifier: Apache-2.0
"""``harness show``: one record of the store, by the beginning of its id."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    app.command()(show)


def show(
    record: Annotated[
        str, typer.Argument(metavar="ID", help="The beginning of a record's id or key; STUDY:NUMBER of a trial.")
    ],
    results: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of results (HARNESS_RESULTS).")] = None,
) -> None:
    """Show a record of the store: a candidate, artifact, deployment, firmware, measurement or failure."""
    from harness.records import to_plain
    from harness.settings import results_dir
    from harness.store import open_store

    with open_store(results_dir(results)) as store:
        found = store.find(record)
    typer.echo(json.dumps({"type": type(found).__name__, **to_plain(found)}, indent=2))
