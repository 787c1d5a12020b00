# SPDX-License-Identifier: Apache-2.0
"""``harness tune``: which kernels of a model are fastest on a board, measured there, as a kernel-plan file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.boards import complete_board
from harness.errors import EXIT_OK, HarnessError

if TYPE_CHECKING:
    from harness.records import Measurement
    from harness.runtimes import KernelPlan


def register(app: typer.Typer) -> None:
    app.command()(tune)


def tune(
    model: Annotated[Path, typer.Argument(metavar="MODEL.tflite", help="Model to tune.")],
    board: Annotated[
        str, typer.Option("--board", "-b", help="Board to measure on.", autocompletion=complete_board)
    ] = "mps2_an386",
    objective: Annotated[
        str | None, typer.Option(help="What to make small; default: instructions, on a real board latency.")
    ] = None,
    ram_limit: Annotated[
        int | None, typer.Option("--ram-limit", min=1, metavar="BYTES", help="Most RAM that the model may take.")
    ] = None,
    optimize: Annotated[
        str, typer.Option(metavar="LEVEL", help="What the code is made for: speed, balanced or size.")
    ] = "speed",
    samples: Annotated[int, typer.Option(min=1, help="Timed inferences for each plan on a real board.")] = 10,
    plan: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write the plan; default: MODEL.BOARD.plan.toml here.")
    ] = None,
    results: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of results (HARNESS_RESULTS).")] = None,
    cache: Annotated[bool, typer.Option("--cache/--no-cache", help="Answer from the store what is counted.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> int:
    """Measure every variant of every layer's kernel on a board, and write the fastest plan that fits as a file.

    Nothing that is emitted by default changes: give the file to 'harness bench' or 'harness run' by --plan.
    """
    from harness.boards import load_board
    from harness.cli._progress import Progress
    from harness.cli._tune_view import print_result, result_json
    from harness.pipeline import BenchRequest, bench_model
    from harness.settings import results_dir
    from harness.store import open_store
    from harness.tflite import read_file
    from harness.tune import TuneRequest, default_objective, find_objective, write_plan
    from harness.tune import tune as tune_model

    described = load_board(board)
    wanted = find_objective(objective or default_objective(described), described)
    data = read_file(model)
    request = TuneRequest(
        model=data,
        name=str(model),
        board=described,
        objective=wanted,
        optimize=optimize,
        ram_limit_bytes=ram_limit,
    )
    with open_store(results_dir(results)) as store, Progress(quiet=as_json) as progress:

        def bench(kernels: KernelPlan, what: str) -> Measurement:
            asked = BenchRequest(
                model=data,
                name=str(model),
                board=board,
                optimize=optimize,
                plan=kernels,
                samples=samples,
                use_cache=cache,
            )
            done = bench_model(asked, lambda: store, progress.watch(f"{model.name} on {board}, {what}"))
            if done.error is not None:
                raise _with_plan(done.error, what)
            assert done.outcome.measurement is not None
            return done.outcome.measurement

        found = tune_model(request, bench)
    target = plan or Path(f"{model.stem}.{described.id}.plan.toml")
    write_plan(found.plan, target)
    if as_json:
        typer.echo(result_json(found, target))
    else:
        print_result(found, target, wanted)
    return EXIT_OK


def _with_plan(error: HarnessError, what: str) -> HarnessError:
    """Say of an error which plan it came with."""
    error.message = f"{what}: {error.message}"
    return error
