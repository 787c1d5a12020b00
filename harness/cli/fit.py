# SPDX-License-Identifier: Apache-2.0
"""``harness fit``: on which boards a model fits, told without a build."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.boards import complete_board
from harness.errors import EXIT_OK, DoesNotFit, worst_exit_code

SCHEMA = 1


def register(app: typer.Typer) -> None:
    app.command()(fit)


def fit(
    model: Annotated[Path, typer.Argument(metavar="MODEL.tflite", help="Model to look at.")],
    board: Annotated[
        list[str],
        typer.Option(
            "--board", "-b", help="Board; repeat for several. Without it: all boards.", autocompletion=complete_board
        ),
    ] = [],
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> int:
    """Tell at once on which boards a model fits: RAM and flash needed and left, without a build.

    Ends with 1 where the model does not fit a board that was named, 2 where that has no kernel for a layer.
    """
    from harness.api._fit import fit_each
    from harness.cli._fit_view import as_dict, print_fits, refused_as_dict

    fits, refused = fit_each(model, board or None)
    if as_json:
        results = [as_dict(found, str(model)) for found in fits]
        results += [refused_as_dict(name, str(model), error) for name, error in refused.items()]
        typer.echo(json.dumps({"schema": SCHEMA, "results": results}, indent=2))
    else:
        print_fits(str(model), fits)
        for name, error in refused.items():
            typer.echo(f"not on {name}: {error.message}")
    if not board:
        return EXIT_OK
    codes = [DoesNotFit.exit_code for found in fits if found.verdict == "does not fit"]
    return worst_exit_code([*codes, *(error.exit_code for error in refused.values())])
