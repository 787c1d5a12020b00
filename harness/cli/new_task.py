# SPDX-License-Identifier: Apache-2.0
"""``harness new-task``: a commented start for a task of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.errors import UserError


def register(app: typer.Typer) -> None:
    app.command("new-task")(new_task)


def new_task(
    path: Annotated[Path, typer.Argument(metavar="PATH.py", help="File to write; it must not be there.")],
) -> None:
    """Write a task file that runs as it is, with comments on what to replace by your own."""
    if path.suffix != ".py":
        raise UserError(f"{path} does not end in .py", hint="harness run takes a task's file by that.")
    from harness.tasks import start_text

    text = start_text().replace("THIS_FILE.py", path.name)
    try:
        with path.open("x", encoding="utf-8") as file:  # what is there is never overwritten
            file.write(text)
    except FileExistsError as error:
        raise UserError(f"{path} is there already", hint="Name another file.") from error
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror or error}") from error
    typer.echo(f"{path}: run it with: harness run --task {path} --board mps2_an386 --trials 10")
