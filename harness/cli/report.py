# SPDX-License-Identifier: Apache-2.0
"""``harness report``: the HTML file of a study, or of single measurements."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    app.command()(report)


def report(
    what: Annotated[list[str], typer.Argument(metavar="STUDY|RUN...", help="A study's name, or ids of measurements.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to write it.")] = None,
    results: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of results (HARNESS_RESULTS).")] = None,
) -> None:
    """Write a report: one HTML file that opens offline. Prints its path."""
    from harness.report import report_path, run_report, study_report
    from harness.settings import results_dir
    from harness.store import open_store

    folder = results_dir(results)
    with open_store(folder) as store:
        path = output or report_path(folder, what[0])
        if len(what) == 1 and what[0] in {study.name for study in store.studies()}:
            study_report(store, what[0], path)
        else:
            run_report(store, [store.find_measurement(prefix).id for prefix in what], path)
    typer.echo(path)
