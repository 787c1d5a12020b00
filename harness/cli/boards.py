# SPDX-License-Identifier: Apache-2.0
"""``harness boards``: which boards there are, and what this machine can emulate or reach."""

from __future__ import annotations

import json
from typing import Annotated

import typer

SCHEMA = 1


def register(app: typer.Typer) -> None:
    boards = typer.Typer(help="Boards: what they are and what this machine can emulate or reach.", no_args_is_help=True)
    boards.command("list")(list_boards)
    boards.command("show")(show_board)
    app.add_typer(boards, name="boards")


def complete_board(incomplete: str) -> list[str]:
    """Return the ids of boards that begin with what has been typed, for the shell's completion."""
    from harness.boards import board_ids

    return [board for board in board_ids() if board.startswith(incomplete)]


def list_boards(
    as_json: Annotated[bool, typer.Option("--json", help="Print the boards as JSON.")] = False,
) -> None:
    """List all boards: core, memory, and whether this machine can emulate or reach them."""
    from harness.boards import board_ids, load_board
    from harness.cli._board_view import print_list, summary
    from harness.cli._reach import look_around

    boards = [load_board(board) for board in board_ids()]
    reach = look_around(boards)
    if as_json:
        listed = [summary(board, reach[board.id]) for board in boards]
        typer.echo(json.dumps({"schema": SCHEMA, "boards": listed}, indent=2))
    else:
        print_list(boards, reach)


def show_board(
    board: Annotated[str, typer.Argument(metavar="ID", help="Id of a board.", autocompletion=complete_board)],
    as_json: Annotated[bool, typer.Option("--json", help="Print the facts as JSON.")] = False,
) -> None:
    """Show all facts of a board: memories, emulators, and the price of its counts with error and source."""
    from harness.boards import load_board
    from harness.cli._board_view import facts, print_board
    from harness.cli._reach import look_around

    found = load_board(board)
    reach = look_around([found])[found.id]
    if as_json:
        typer.echo(json.dumps({"schema": SCHEMA, "board": facts(found, reach)}, indent=2))
    else:
        print_board(found, reach)
