# SPDX-License-Identifier: Apache-2.0
"""``harness compare``: two studies, candidates or benches side by side; exit 1 where one became too much worse."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.errors import EXIT_OK, Regression, UserError

if TYPE_CHECKING:
    from harness.report.comparison import Figure, Row

SCHEMA = 1


def register(app: typer.Typer) -> None:
    app.command()(compare)


def compare(
    before: Annotated[
        str, typer.Argument(metavar="A", help="Study, trial (STUDY:NUMBER), id, or file of bench --json.")
    ],
    after: Annotated[str, typer.Argument(metavar="B", help="What to compare it with, likewise.")],
    fail_above: Annotated[
        list[str],
        typer.Option("--fail-above", metavar="FIGURE:N%", help="Exit 1 where it rose by more; repeat for several."),
    ] = [],
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Write these checks as JUnit XML.")] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the comparison as an HTML page.")] = None,
    results: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of results (HARNESS_RESULTS).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the rows as JSON.")] = False,
) -> int:
    """Show how figures changed from A to B: the best of two studies, candidates, measurements, benches kept as JSON."""
    from harness.report import comparison
    from harness.settings import results_dir
    from harness.store import open_store

    if junit is not None and not fail_above:
        raise UserError("--junit has no checks to write", hint="Give some by --fail-above, such as instructions:2%.")
    allowed = comparison.parse_allowances(fail_above)
    with open_store(results_dir(results)) as store:
        rows = comparison.compare(comparison.load_side(before, store), comparison.load_side(after, store), allowed)
    if junit is not None:
        try:
            junit.write_bytes(comparison.junit_xml(rows))
        except OSError as error:
            raise UserError(f"{junit} cannot be written: {error.strerror or error}") from error
    if html is not None:
        _write_page(html, before, after, rows)
    if as_json:
        typer.echo(json.dumps({"schema": SCHEMA, "rows": [_as_dict(row) for row in rows]}, indent=2))
    else:
        _print(rows)
    return Regression.exit_code if any(row.problem for row in rows) else EXIT_OK


def _write_page(path: Path, before: str, after: str, rows: Sequence[Row]) -> None:
    from harness.report.build import write_whole
    from harness.report.comparison_page import comparison_view
    from harness.report.page import render_comparison

    write_whole(path, render_comparison(comparison_view(before, after, rows)).encode())


def _as_dict(row: Row) -> dict[str, object]:
    def side(figure: Figure | None) -> dict[str, object] | None:
        if figure is None:
            return None
        interval = {} if figure.low is None else {"low": figure.low, "high": figure.high}
        return {"value": figure.value, "how": figure.how, **interval}

    return {
        "subject": row.subject,
        "figure": row.figure,
        "before": side(row.before),
        "after": side(row.after),
        "change": row.change,
        "better": row.better,
        "problem": row.problem or None,
    }


def _print(rows: Sequence[Row]) -> None:
    from rich.markup import escape
    from rich.table import Table

    from harness.cli._console import console
    from harness.report.comparison import figure_text

    out = console()
    for subject in dict.fromkeys(row.subject for row in rows):
        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column("figure", overflow="fold")
        for heading in ("A", "B", "change"):
            table.add_column(heading, justify="right", overflow="fold")
        table.add_column("how", overflow="fold")
        for row in (row for row in rows if row.subject == subject):
            hows = dict.fromkeys(figure.how for figure in (row.before, row.after) if figure is not None)
            change = "-" if row.change is None else f"{row.change:+.2%}"
            colour = "red" if row.problem else "green" if row.better else ""
            table.add_row(
                row.figure,
                *("-" if figure is None else figure_text(figure) for figure in (row.before, row.after)),
                f"[{colour}]{change}[/]" if colour else change,
                ", ".join(hows),
            )
        out.print(f"\n[bold]{escape(subject)}[/]")
        out.print(table)
    for row in rows:
        if row.problem:
            out.print(f"[red]{escape(row.subject)}: {escape(row.problem)}[/]", soft_wrap=True)
