# SPDX-License-Identifier: Apache-2.0
"""``harness report``: a study, a candidate, a bench run or single measurements as HTML, as PDF or as Markdown."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.errors import UserError


def register(app: typer.Typer) -> None:
    app.command()(report)


def report(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="STUDY|ID|FILE.json...",
            help="A study's name; a trial as STUDY:NUMBER; the beginning of the id of a candidate, a model, a "
            "measurement or a failure; a file of 'harness bench --json'.",
        ),
    ],
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to write it.")] = None,
    markdown: Annotated[
        bool, typer.Option("--md", help="In short as Markdown, for a pull request: to standard output, or to -o FILE.")
    ] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="As PDF, printed by an installed Chromium.")] = False,
    results: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of results (HARNESS_RESULTS).")] = None,
) -> None:
    """Write a report: one HTML file that opens offline, or the same as PDF or in short as Markdown. Prints its path."""
    from harness import report as reports
    from harness.settings import results_dir
    from harness.store import open_store

    if markdown and pdf:
        raise UserError("--md and --pdf are two reports: ask for one after the other")
    folder = results_dir(results)
    with open_store(folder) as store:
        content = reports.report_content(store, what)
        if markdown and output is None:
            typer.echo(reports.render_markdown(content), nl=False)
            return
        path = output or reports.report_path(folder, what[0], ".pdf" if pdf else ".html")
        if markdown:
            reports.markdown_report(content, path)
        elif pdf:
            reports.pdf_report(content, store, path)
        else:
            reports.html_report(content, store, path)
    typer.echo(path)
