# SPDX-License-Identifier: Apache-2.0
"""``harness run``: a search that measures every candidate on the boards, with a live display."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.boards import complete_board
from harness.errors import EXIT_INTERRUPTED, EXIT_OK


def register(app: typer.Typer) -> None:
    app.command()(run)


def run(
    board: Annotated[
        list[str],
        typer.Option(
            "--board",
            "-b",
            help="Board to measure on (default mps2_an386); repeat for several.",
            autocompletion=complete_board,
        ),
    ] = [],
    task: Annotated[
        str | None, typer.Option(help="Data and networks: a task's name, or the path of its file (default digits).")
    ] = None,
    model: Annotated[
        str | None, typer.Option(metavar="FILE.keras", help="A trained model: only its compression is searched.")
    ] = None,
    trust: Annotated[
        bool | None, typer.Option("--trust/--no-trust", help="Let the model run its own code: Lambda layers, pickles.")
    ] = None,
    trials: Annotated[int | None, typer.Option(min=1, help="Candidates to try in all (default 20).")] = None,
    timeout: Annotated[float | None, typer.Option(metavar="SECONDS", help="Begin no trial after this.")] = None,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", "-j", min=1, help="Trials at once (default by cores and memory)."),
    ] = None,
    train_timeout: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Limit of one training (default 3600).")
    ] = None,
    train_memory: Annotated[
        str | None,
        typer.Option(metavar="SIZE", help="Memory for one training, such as 4GiB (default a share)."),
    ] = None,
    study: Annotated[str | None, typer.Option(metavar="NAME", help="Name of the study; default: the task's.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a study that was begun before.")] = False,
    objective: Annotated[
        list[str], typer.Option(metavar="NAME[:min|:max][@BOARD]", help="What to optimise; repeat for several.")
    ] = [],
    limit: Annotated[
        list[str], typer.Option(metavar="NAME[@BOARD]<=N[UNIT]", help="What to keep to, or >=; repeat for several.")
    ] = [],
    compress: Annotated[
        list[str], typer.Option(metavar="TECHNIQUE", help="Compression to choose from (default all); repeat.")
    ] = [],
    estimate: Annotated[
        bool | None,
        typer.Option(
            "--estimate/--no-estimate",
            help="Emulate a real board that is not here; its counts are priced where its file has a price.",
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of everything that is drawn (default 0).")] = None,
    driver: Annotated[str | None, typer.Option(help="What proposes the candidates (default optuna).")] = None,
    sampler: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="How it chooses: tpe (the default), nsga2, nsga3, random, gp (needs torch)."),
    ] = None,
    gates: Annotated[
        bool | None,
        typer.Option("--gates/--no-gates", help="Stop before its training what is sure to break a limit (default)."),
    ] = None,
    halving: Annotated[
        bool | None,
        typer.Option("--halving/--no-halving", help="Stop trainings that fall behind in everything (default)."),
    ] = None,
    optimize: Annotated[
        str | None,
        typer.Option(metavar="LEVEL", help="What the code is made for: speed (the default), balanced or size."),
    ] = None,
    plan: Annotated[
        str | None, typer.Option(metavar="FILE", help="Kernel plan whose choices hold for layers of the same shapes.")
    ] = None,
    final: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="How many of the best to check on test data (default 3); 0: none."),
    ] = None,
    seeds: Annotated[
        int | None, typer.Option(min=0, metavar="K", help="Seeds to train each of these again from (default 3).")
    ] = None,
    results: Annotated[str | None, typer.Option(metavar="DIR", help="Folder of results (HARNESS_RESULTS).")] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File of settings to read instead of ./harness.toml.")
    ] = None,
    show_config: Annotated[
        bool, typer.Option("--show-config", help="Print the settings that hold, and where each comes from; then end.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the front as JSON.")] = False,
) -> int:
    """Search networks and their compression, each measured on the boards; ends with the best and an HTML report.

    What is not given here is read from ./harness.toml and from a task.toml beside the task's file.
    """
    from harness.api._settings import SETTINGS, as_toml, resolve

    resolved = resolve({name: value for name, value in locals().items() if name in SETTINGS}, config=config)
    from harness.api._plan import open_plan
    from harness.api._request import emulated, search_request, with_task
    from harness.api._run import carry_out
    from harness.cli._progress import Progress
    from harness.cli._run_view import Display, print_result
    from harness.train import lost_lines

    if show_config:
        from harness.tasks import Need, load_task

        typer.echo(as_toml(with_task(resolved, load_task(resolved.settings.task, need=Need.DATA))))
        return EXIT_OK
    with Progress(quiet=as_json) as progress:
        kernels = open_plan(resolved.settings.plan)
        request = search_request(resolved, plan=kernels, resume=resume, watch=progress.watch("model"))
    for line in lost_lines(request.task.given) if request.task.given else ():
        typer.echo(f"BadModel: {line}", err=True)
    for line in emulated(resolved.settings):
        typer.echo(line, err=True)
    try:
        with Display(request, quiet=as_json) as display:
            found = carry_out(
                request,
                resolved.settings,
                plan=kernels,
                progress=display.listen,
                finals_progress=display.listen_to_finals,
            )
    except KeyboardInterrupt:
        typer.echo(f"Interrupted: ended at once. Go on with: {_resume_command(request.study)}", err=True)
        return EXIT_INTERRUPTED
    if as_json:
        typer.echo(json.dumps(found.as_dict(), indent=2))
    else:
        print_result(found.found, request.objectives, found.finals, found.report, _resume_command(request.study))
    return EXIT_INTERRUPTED if found.ended == "interrupted" else EXIT_OK


def _resume_command(study: str) -> str:
    """Return this command line with what makes it go on with the study."""
    words = [word for word in sys.argv[1:] if word != "--resume"]
    named = [] if any(word.startswith("--study") for word in words) else ["--study", study]
    return shlex.join(["harness", *words, *named, "--resume"])
