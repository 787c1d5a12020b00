# SPDX-License-Identifier: Apache-2.0
"""How ``harness ladder`` shows its steps, as a table and as JSON."""

from __future__ import annotations

from typing import Any

from rich.table import Table
from rich.text import Text

from harness.canonical import to_plain
from harness.cli._console import LAYOUT, console, visible
from harness.ladder import Ladder, Step

SCHEMA = 1


def as_dict(found: Ladder) -> dict[str, Any]:
    """Return a ladder as JSON; docs/ladder.md describes it."""
    error = found.failure
    failure = None if error is None else {"kind": type(error).__name__, "stage": error.stage, "message": str(error)}
    return {
        "schema": SCHEMA,
        "model": found.model,
        "task": found.task,
        "metric": found.metric,
        "samples": found.samples,
        "steps": to_plain(found.steps),
        "calibration": to_plain(found.calibration),
        "input": to_plain(found.input),
        "culprit": found.culprit,
        "problems": list(found.problems),
        "failure": failure,
    }


def print_ladder(found: Ladder) -> None:
    """Print a line a step, then what was found of the data, then the problems."""
    out = console()
    names = f"{found.model}: {found.metric} on {found.samples} test samples of {found.task}"
    out.print(Text(visible(names), style="bold"))
    out.print()
    out.print(_table(found))
    out.print()
    if (calibration := found.calibration) is not None:
        scales = f"{calibration.changed} of {calibration.scales} scales"
        out.print(Text(f"calibration: {calibration.samples} samples changed {scales}, against the first one alone"))
    if found.input is not None:
        out.print(
            Text(f"input: {found.input.used:.0%} of its levels used, {found.input.clipped:.1%} of values clipped")
        )
    for problem in found.problems:
        out.print(Text(visible(problem), style="red"), soft_wrap=True)
    if found.failure is not None:
        why = visible(f"{type(found.failure).__name__}: {found.failure}", keep=LAYOUT)
        out.print(Text(why, style="red"), soft_wrap=True)
    elif not found.problems:
        out.print(Text("No step loses more than is allowed.", style="green"))


def _table(found: Ladder) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("STEP", no_wrap=True)
    table.add_column("BY", overflow="fold")
    for head in (found.metric.upper(), "LOST", "ANSWERS CHANGED", "OUTPUTS UNEQUAL"):
        table.add_column(head, justify="right")
    for step in found.steps:
        style = "red" if step.name == found.culprit or step.constant else ""
        table.add_row(*(Text(cell, style=style) for cell in _cells(step, found.samples)))
    return table


def _cells(step: Step, samples: int) -> tuple[str, ...]:
    def of(count: int | None) -> str:
        return "-" if count is None else f"{count} of {samples}"

    lost = "-" if step.drop is None else f"{step.drop:.4f}"
    return (step.name, step.what, f"{step.value:.4f}", lost, of(step.changed), of(step.unequal))
