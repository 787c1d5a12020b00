# SPDX-License-Identifier: Apache-2.0
"""``harness doctor``: each dependency, its version, what it is needed for, and how to install what is missing."""

from __future__ import annotations

import json
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from harness.errors import ToolError
from harness.settings import cache_dir, writing_cache

if TYPE_CHECKING:
    from rich.table import Table

    from harness.cli._dependencies import Finding, Group

SCHEMA = 1
_WAYS = {
    "debian": "apt",
    "python": "pip",
    "platformio": "PlatformIO, from the network",
    "maker": "hand, from its maker",
}

Checkup: TypeAlias = "tuple[tuple[Group, tuple[Finding, ...]], ...]"


def register(app: typer.Typer) -> None:
    app.command()(doctor)


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Show what this machine has of all that the harness needs, and how to install the rest.

    Ends with 0 where all that is required is here, else with 3, and with 2 where the cache cannot be
    written. What is optional is needed by some commands only.
    """
    from harness.cli._dependencies import find, load_groups

    checkup = tuple((group, tuple(find(item) for item in group.dependencies)) for group in load_groups())
    if as_json:
        typer.echo(json.dumps(_to_json(checkup), indent=2))
    else:
        _print(checkup)
    missing = [
        finding.dependency.name for group, findings in checkup if group.required for finding in _missing(findings)
    ]
    if missing:
        commands = [install_command(group, findings) for group, findings in checkup if group.required]
        raise ToolError(
            f"required, and missing: {', '.join(missing)}",
            hint="\n".join(["Install with:", *(f"  {command}" for command in commands if command)]),
        )
    with writing_cache():
        cache_dir().mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=cache_dir()).close()


def install_command(group: Group, findings: tuple[Finding, ...]) -> str:
    """Return the command that installs what is missing of a group, or nothing where all is here."""
    names = tuple(finding.dependency.name for finding in _missing(findings))
    return group.install_command(names) if names else ""


def _missing(findings: tuple[Finding, ...]) -> list[Finding]:
    return [finding for finding in findings if not finding.found]


def _to_json(checkup: Checkup) -> dict[str, Any]:
    from harness.cli._dependencies import python_version

    return {
        "schema": SCHEMA,
        "ok": not any(_missing(findings) for group, findings in checkup if group.required),
        "python": python_version(),
        "dependencies": [
            {
                "name": finding.dependency.name,
                "group": group.title,
                "required": group.required,
                "found": finding.found,
                "version": finding.version or None,
                "needed_for": finding.dependency.needed_for,
                "install": group.install_command((finding.dependency.name,)),
            }
            for group, findings in checkup
            for finding in findings
        ],
    }


def _print(checkup: Checkup) -> None:
    from rich.text import Text

    from harness.cli._console import console
    from harness.cli._dependencies import python_version

    out = console()
    width = max(len(finding.dependency.name) for _, findings in checkup for finding in findings)
    out.print(f"Python {python_version()}")
    for group, findings in checkup:
        kind = "required" if group.required else "optional"
        out.print(Text.assemble("\n", (group.title, "bold"), (f"  {kind}, by {_WAYS[group.source]}", "dim")))
        out.print(_table(findings, width))
        command = install_command(group, findings)
        if command:
            out.print(Text(f" →  {command}", style="yellow"), soft_wrap=True)
    out.print()
    if not any(_missing(findings) for group, findings in checkup if group.required):
        out.print("All that is required is here.", style="green")


def _table(findings: tuple[Finding, ...], name_width: int) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=True)
    table.add_column(no_wrap=True, width=1)
    table.add_column(no_wrap=True, width=name_width)
    table.add_column(no_wrap=True, width=max(len("missing"), *(len(finding.version) for finding in findings)))
    table.add_column(style="dim")
    for finding in findings:
        mark, style = ("✓", "green") if finding.found else ("✗", "red")
        table.add_row(
            Text(mark, style=style),
            finding.dependency.name,
            finding.version if finding.found else Text("missing", style="red"),
            finding.dependency.needed_for,
        )
    return table
