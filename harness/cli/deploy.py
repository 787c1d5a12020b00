# SPDX-License-Identifier: Apache-2.0
"""``harness deploy``: a model as a library of PlatformIO, verified, with a self-test and an example."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.boards import complete_board


def register(app: typer.Typer) -> None:
    app.command()(deploy)


def deploy(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL.tflite|ID",
            help="A model's file, a trial as STUDY:NUMBER, or the beginning of a candidate's id.",
        ),
    ],
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="New folder for the library.")],
    board: Annotated[
        str, typer.Option("--board", "-b", help="Board to make it for.", autocompletion=complete_board)
    ] = "mps2_an386",
    name: Annotated[
        str | None, typer.Option(help="What to call it in C and in PlatformIO; default: as the model.")
    ] = None,
    optimize: Annotated[str, typer.Option(help="What the kernels are chosen for.")] = "speed",
    plan: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Kernel plan of the model, as 'harness tune' writes it.")
    ] = None,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Verify on the emulated core of a real board that is not here.")
    ] = False,
    results: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of results (HARNESS_RESULTS).")] = None,
) -> None:
    """Write a model as a PlatformIO library for your application: sources, self-test, figures, an example.

    It is measured and verified on the board first, or taken from the store where it was.
    """
    from harness.api._plan import open_plan
    from harness.cli._console import console, visible
    from harness.cli._progress import Progress
    from harness.deploy import deploy as carry_out
    from harness.deploy import find_model
    from harness.pipeline import BenchRequest
    from harness.settings import results_dir
    from harness.store import open_store

    kernels = open_plan(plan)
    with open_store(results_dir(results)) as store:
        found, content = find_model(model, store)
        request = BenchRequest(
            model=content,
            name=name or found,
            board=board,
            optimize=optimize,
            plan=kernels.by_name,
            plan_model=kernels.model_sha256,
            estimate=estimate,
        )
        with Progress(quiet=False) as progress:
            deployed = carry_out(request, to, store, progress.watch(f"{request.name} for {board}"))
    out = console()
    folder, example = visible(str(deployed.folder)), visible(str(deployed.folder / "example"))
    out.print(f"{visible(deployed.name)}: {folder}", soft_wrap=True, markup=False)
    out.print(f"Try it: pio run -d {example} -t upload", soft_wrap=True, markup=False)
