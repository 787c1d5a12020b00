# SPDX-License-Identifier: Apache-2.0
"""``harness ladder``: at which step from the float model to the board accuracy is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.boards import complete_board
from harness.errors import EXIT_OK, LimitViolated


def register(app: typer.Typer) -> None:
    app.command()(ladder)


def complete_task(incomplete: str) -> list[str]:
    """Return the names of tasks that begin with what has been typed, for the shell's completion."""
    from harness import registry

    return [name for name in registry.names("harness.tasks") if name.startswith(incomplete)]


def ladder(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A .keras file (of either Keras), or a .tflite file.")],
    data: Annotated[
        str,
        typer.Option(
            "--data", metavar="TASK", help="Data and score: a task's name, or its file.", autocompletion=complete_task
        ),
    ],
    board: Annotated[
        str, typer.Option("--board", "-b", help="Board of the last step.", autocompletion=complete_board)
    ] = "mps2_an386",
    samples: Annotated[int, typer.Option(min=2, help="Test samples, the same at every step.")] = 100,
    drop: Annotated[float, typer.Option(min=0, help="How much of the metric a step may lose.")] = 0.02,
    trust: Annotated[bool, typer.Option("--trust", help="Let a .keras file run its own code (Lambda layers).")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the ladder as JSON.")] = False,
) -> int:
    """Score a model at every step on the same samples: float, int8, generated C here, on a board. Name what drops.

    Ends with 1 where a step loses too much, the answer is always the same, or the calibration had no effect.
    """
    from harness.cli._ladder_view import as_dict, print_ladder
    from harness.cli._progress import Progress
    from harness.ladder import climb

    with Progress(quiet=as_json) as progress:
        found = climb(
            model,
            data,
            board=board,
            samples=samples,
            allowed_drop=drop,
            trust=trust,
            watch=progress.watch(f"{model.name}"),
        )
    if as_json:
        typer.echo(json.dumps(as_dict(found), indent=2))
    else:
        print_ladder(found)
    if found.failure is not None:
        return found.failure.exit_code
    return LimitViolated.exit_code if found.problems else EXIT_OK
