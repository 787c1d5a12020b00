# SPDX-License-Identifier: Apache-2.0
"""``harness export``: a study's table as CSV or Parquet, for whatever reads tables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.errors import UserError


def register(app: typer.Typer) -> None:
    app.command()(export)


def export(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="Name of the study.")],
    csv: Annotated[bool, typer.Option("--csv", help="Comma-separated values; the default.")] = False,
    parquet: Annotated[bool, typer.Option("--parquet", help="Parquet, with types and units kept.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to write it; CSV: default stdout.")
    ] = None,
    results: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of results (HARNESS_RESULTS).")] = None,
) -> None:
    """Write the finished trials of a study, a row for each board, with units in the names of the columns."""
    if csv and parquet:
        raise UserError("--csv and --parquet are two formats", hint="Choose one.")
    if parquet and output is None:
        raise UserError("Parquet is no text for a terminal", hint="Name a file: -o FILE.")
    import harness
    from harness.report.table import write_table

    table = harness.results(study, results=results)
    if output is None:
        typer.echo(table.to_csv(index=False), nl=False)
    else:
        write_table(table, output, parquet=parquet)
