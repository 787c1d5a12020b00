# SPDX-License-Identifier: Apache-2.0
"""``harness bench``: models on boards, built, run, measured and verified."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.errors import UserError, worst_exit_code

if TYPE_CHECKING:
    from harness.records import BenchOutcome
    from harness.store import Store


def register(app: typer.Typer) -> None:
    app.command()(bench)


def bench(
    models: Annotated[list[Path], typer.Argument(metavar="MODEL.tflite...", help="Models to measure.")],
    board: Annotated[list[str], typer.Option("--board", "-b", help="Board to measure on; repeat for several.")] = [
        "mps2_an386"
    ],
    runtime: Annotated[list[str], typer.Option(help="Runtime to render with; repeat for several.")] = ["codegen"],
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Price the counts of an emulated core for a real board that is not here.")
    ] = False,
    samples: Annotated[int, typer.Option(min=1, help="Timed inferences on a real board.")] = 10,
    input_files: Annotated[
        list[Path], typer.Option("--input", metavar="X.npy", help="Your own input tensor; repeat in the model's order.")
    ] = [],
    output_files: Annotated[
        list[Path], typer.Option("--output", metavar="Y.npy", help="Where to write the output tensors, in order.")
    ] = [],
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Keep the firmware project in DIR.")] = None,
    optimize: Annotated[str, typer.Option(help="What the kernels are chosen for.")] = "speed",
    results: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of results (HARNESS_RESULTS).")] = None,
    cache: Annotated[bool, typer.Option("--cache/--no-cache", help="Answer from the store what is counted.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> int:
    """Measure and verify models on boards: instructions, latency, RAM, flash, energy, layer by layer."""
    if output_files and len(models) * len(board) * len(runtime) > 1:
        raise UserError("--output takes one model on one board", hint="Bench the others by commands of their own.")
    from harness.cli._progress import Progress
    from harness.pipeline import Benched, BenchRequest, bench_model, read_tensors, write_tensors

    inputs = read_tensors(input_files) if input_files else None
    triples = [(model, name, kind) for model in models for name in board for kind in runtime]
    finished: list[Benched] = []
    with LateStore(results) as open_store, Progress(quiet=as_json) as progress:
        for model, name, kind in triples:
            request = BenchRequest(
                model=model,
                name=str(model),
                board=name,
                runtime=kind,
                optimize=optimize,
                estimate=estimate,
                samples=samples,
                inputs=inputs,
                keep_project=_project_folder(out, model, name, kind, alone=len(triples) == 1),
                use_cache=cache and not output_files and out is None,  # the store has neither output tensors nor images
            )
            done = bench_model(request, open_store, progress.watch(f"{model.name} on {name}"))
            finished.append(done)
            if not as_json:
                _print_outcome(done.outcome)
    outcomes = [done.outcome for done in finished]
    if as_json:
        from harness.cli._bench_json import print_json

        print_json(outcomes)
    if output_files and finished[-1].outputs is not None:
        write_tensors(output_files, finished[-1].outputs)
    return worst_exit_code(outcome.exit_code for outcome in outcomes)


class LateStore:
    """The store of results, opened where it is first needed: what imports a database shall not delay the build."""

    def __init__(self, results: Path | None) -> None:
        self._results = results
        self._store: Store | None = None

    def __call__(self) -> Store:
        """Open the store, or return it where it is open."""
        if self._store is None:
            from harness.settings import results_dir
            from harness.store import open_store

            self._store = open_store(results_dir(self._results))
        return self._store

    def __enter__(self) -> LateStore:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._store is not None:
            self._store.close()


def _print_outcome(outcome: BenchOutcome) -> None:
    from harness.cli._bench_view import print_outcome  # with rich, which is dear: not before there is something to show

    print_outcome(outcome)


def _project_folder(out: Path | None, model: Path, board: str, runtime: str, *, alone: bool) -> Path | None:
    """One project lies in DIR itself, each of several in a folder of its own inside."""
    return out if out is None or alone else out / f"{model.stem}-{board}-{runtime}"
