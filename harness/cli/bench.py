# SPDX-License-Identifier: Apache-2.0
"""``harness bench``: models on boards, built, run, measured and verified."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import harness
from harness.cli.boards import complete_board
from harness.cli.ladder import complete_task
from harness.errors import EXIT_OK, HarnessError, UserError, worst_exit_code

if TYPE_CHECKING:
    from harness import BenchResult
    from harness.pipeline.request import Tensors


def register(app: typer.Typer) -> None:
    app.command()(bench)


def bench(
    models: Annotated[list[Path], typer.Argument(metavar="MODEL.tflite...", help="Models to measure.")],
    board: Annotated[
        list[str],
        typer.Option("--board", "-b", help="Board to measure on; repeat for several.", autocompletion=complete_board),
    ] = ["mps2_an386"],
    runtime: Annotated[list[str], typer.Option(help="Runtime to render with; repeat for several.")] = ["codegen"],
    estimate: Annotated[
        bool,
        typer.Option(
            "--estimate",
            help="Emulate a real board that is not here; its counts are priced where its file has a price.",
        ),
    ] = False,
    port: Annotated[
        str | None, typer.Option(help="Serial port of a real board; without it, the one with the board's USB ids.")
    ] = None,
    samples: Annotated[int, typer.Option(min=1, help="Timed inferences on a real board.")] = 10,
    input_files: Annotated[
        list[Path], typer.Option("--input", metavar="X.npy", help="Your own input tensor; repeat in the model's order.")
    ] = [],
    output_files: Annotated[
        list[Path], typer.Option("--output", metavar="Y.npy", help="Where to write the output tensors, in order.")
    ] = [],
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Keep the firmware project in DIR.")] = None,
    optimize: Annotated[
        str, typer.Option(metavar="LEVEL", help="What the code is made for: speed, balanced or size.")
    ] = "speed",
    plan: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Kernel plan of the model, as 'harness tune' writes it.")
    ] = None,
    tflm_lib: Annotated[
        Path | None,
        typer.Option(
            "--tflm-lib", metavar="DIR", help="PlatformIO library of TensorFlow Lite Micro, for that runtime."
        ),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            metavar="TASK",
            help="Task whose metric tells what the distance of the runtime tflm to TFLite means.",
            autocompletion=complete_task,
        ),
    ] = None,
    results: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of results (HARNESS_RESULTS).")] = None,
    cache: Annotated[bool, typer.Option("--cache/--no-cache", help="Answer from the store what is counted.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> int:
    """Measure and verify models on boards: instructions, latency, RAM, flash, energy, layer by layer."""
    if output_files and len(models) * len(board) * len(runtime) > 1:
        raise UserError("--output takes one model on one board", hint="Bench the others by commands of their own.")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # nothing here multiplies matrices, but its threads spin
    if plan is not None and "codegen" not in runtime:
        raise UserError("--plan is for the runtime codegen", hint="The others have one kernel for each operator.")
    if tflm_lib is not None and "tflm" not in runtime:
        raise UserError("--tflm-lib is for the runtime tflm", hint="Add --runtime tflm.")
    if data is not None and "tflm" not in runtime:
        raise UserError("--data is for the runtime tflm", hint="Generated code equals the TFLite reference to the bit.")
    from harness.pio import prime_pio

    prime_pio()  # before the display and all else is imported
    from harness.cli._progress import Progress

    inputs = _read_inputs(input_files)
    triples = [(model, name, kind) for model in models for name in board for kind in runtime]
    ended: list[BenchResult | FailedBench] = []
    with Progress(quiet=as_json) as progress:
        for model, name, kind in triples:
            try:
                found: BenchResult | FailedBench = harness.bench(
                    model,
                    board=name,
                    runtime=kind,
                    optimize=optimize,
                    plan=plan if kind == "codegen" else None,
                    tflm_lib=tflm_lib if kind == "tflm" else None,
                    data=data if kind == "tflm" else None,
                    estimate=estimate,
                    port=port,
                    samples=samples,
                    inputs=inputs,
                    outputs=bool(output_files),
                    out=_project_folder(out, model, name, kind, alone=len(triples) == 1),
                    cache=cache,
                    results=results,
                    progress=progress.watch(f"{model.name} on {name}"),
                )
            except HarnessError as error:
                found = FailedBench(model=str(model), board=name, runtime=kind, error=error)
            ended.append(found)
            if not as_json:
                _print_end(found)
    if as_json:
        typer.echo(json.dumps({"schema": 1, "results": [end.as_dict() for end in ended]}, indent=2))
    if output_files and not isinstance(ended[-1], FailedBench) and ended[-1].outputs is not None:
        from harness.pipeline import write_tensors

        write_tensors(output_files, ended[-1].outputs)
    return worst_exit_code(end.error.exit_code if isinstance(end, FailedBench) else EXIT_OK for end in ended)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedBench:
    """A model on a board that came to nothing: one of several does not end the command."""

    model: str
    board: str
    runtime: str
    error: HarnessError

    def as_dict(self) -> dict[str, Any]:
        """Return the object of ``--json``; docs/json.md describes it."""
        failure = {"kind": type(self.error).__name__, "stage": self.error.stage, "message": str(self.error)}
        head = {"model": self.model, "board": self.board, "runtime": self.runtime}
        return {**head, "verified": False, "failure": failure}


def _print_end(end: BenchResult | FailedBench) -> None:
    from harness.cli import _bench_view as view  # with rich, which is dear: not before there is something to show

    if isinstance(end, FailedBench):
        view.print_failure(end.model, end.board, end.runtime, end.error)
    else:
        view.print_outcome(end.outcome)


def _read_inputs(files: list[Path]) -> Tensors | None:
    if not files:
        return None
    from harness.pipeline import read_tensors

    return read_tensors(files)


def _project_folder(out: Path | None, model: Path, board: str, runtime: str, *, alone: bool) -> Path | None:
    """One project lies in DIR itself, each of several in a folder of its own inside."""
    return out if out is None or alone else out / f"{model.stem}-{board}-{runtime}"
