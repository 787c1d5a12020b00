# SPDX-License-Identifier: Apache-2.0
"""``harness.run``: a search that measures every candidate on the boards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.boards import load_board
from harness.canonical import to_plain
from harness.compress import technique_names
from harness.firmware.toolchain import build_flags
from harness.pio import prime_pio
from harness.pipeline import BenchRequest, bench_model, find_target
from harness.records import BenchOutcome, Candidate, How, Parameters, Scalar
from harness.report import report_path, study_report
from harness.runtimes import KernelPlan
from harness.search import (
    Bench,
    Event,
    FinishedTrial,
    SearchRequest,
    SearchResult,
    default_objectives,
    parse_limits,
    parse_objectives,
)
from harness.search import run as search
from harness.search.request import Ended, Watch
from harness.settings import results_dir
from harness.store import Store, open_store
from harness.tasks import LoadedTask, load_task, task_key
from harness.train import model_inputs, produce, training_stack

if TYPE_CHECKING:
    from harness.tune.plan_file import PlanFile

_TRIALS = 20
_REAL_SAMPLES = 4  # of the task, that every candidate is verified with besides the standard inputs
_NOT_IN_JSON = ("found",)
SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """The value of an objective, and how it was obtained."""

    value: float
    how: How


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontEntry:
    """A candidate that none other beats in every objective; ``artifact`` is the SHA-256 of its model in the store."""

    trial: int
    candidate: str
    artifact: str | None
    family: str
    parameters: Mapping[str, Scalar]
    compression: tuple[Mapping[str, Scalar], ...]
    values: Mapping[str, Figure]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """A study as it stands at the end of a run: ``trials`` is how many are finished, ``found`` holds them all.

    Where no candidate meets all ``limits``, ``front`` is empty and ``nearest`` the one that breaks them least.
    """

    study: str
    ended: Ended
    trials: int
    objectives: tuple[str, ...]
    limits: tuple[str, ...]
    front: tuple[FrontEntry, ...]
    nearest: FrontEntry | None
    quarantined: tuple[str, ...]
    report: Path
    found: SearchResult

    def as_dict(self) -> dict[str, Any]:
        """Return the object of ``harness run --json``: plain JSON values."""
        plain = {f.name: to_plain(getattr(self, f.name)) for f in fields(self) if f.name not in _NOT_IN_JSON}
        return {"schema": SCHEMA, **plain, "report": str(self.report)}


def run(
    *,
    board: str | Sequence[str] = "mps2_an386",
    task: str | Path = "digits",
    trials: int | None = None,
    timeout_seconds: float | None = None,
    study: str | None = None,
    resume: bool = False,
    objectives: Sequence[str] = (),
    limits: Sequence[str] = (),
    compress: Sequence[str] = (),
    estimate: bool = False,
    seed: int = 0,
    driver: str = "optuna",
    optimize: str = "speed",
    plan: str | Path | None = None,
    results: str | Path | None = None,
    progress: Callable[[Event], None] | None = None,
) -> RunResult:
    """Search networks and their compression, each measured on the boards, and write a report.

    ``task`` is a task's name or the path of its file; ``trials`` the number that the study shall have in the end
    (20 where neither it nor ``timeout_seconds`` is given), ``study`` its name (default: the task's), ``resume`` goes on
    with one that was begun before. ``objectives`` are written ``NAME[:min|:max][@BOARD]``, ``limits``
    ``NAME[@BOARD]<=NUMBER[UNIT]`` or with ``>=``, such as ``ram<=32KiB``; ``compress`` names the techniques to choose
    from (default: all). ``optimize`` is what the code is made for: speed, balanced or size. ``plan`` is a kernel-plan
    file, whose choices hold for all layers of the same signatures.
    Everything is kept in the folder ``results`` (default: HARNESS_RESULTS, else ./results). ``progress`` is told what
    happens; an interruption from the keyboard ends the search in order.

    Raises the errors of ``harness.errors``: UserError and BadTask before anything is trained, RigError where no board
    is left to measure on.
    """
    request = search_request(
        board=board,
        task=task,
        trials=trials,
        timeout_seconds=timeout_seconds,
        study=study,
        resume=resume,
        objectives=objectives,
        limits=limits,
        compress=compress,
        estimate=estimate,
        seed=seed,
        driver=driver,
        optimize=optimize,
        plan=plan,
    )
    return carry_out(request, results=results, progress=progress, plan=plan)


def search_request(
    *,
    board: str | Sequence[str],
    task: str | Path,
    trials: int | None,
    timeout_seconds: float | None,
    study: str | None,
    resume: bool,
    objectives: Sequence[str],
    limits: Sequence[str],
    compress: Sequence[str],
    estimate: bool,
    seed: int,
    driver: str,
    optimize: str = "speed",
    plan: str | Path | None = None,
) -> SearchRequest:
    """Return what a search is asked, checked against boards and task; nothing is trained or stored."""
    build_flags(optimize)  # raises UserError for a level that there is not
    names = [board] if isinstance(board, str) else list(board)
    for name in names:
        find_target(name, estimate=estimate)  # nothing is trained for a board that cannot be reached
    boards = [load_board(name) for name in names]
    loaded = load_task(str(task))
    metric = loaded.task.metric
    return SearchRequest(
        study=study or Path(task).stem,
        task=loaded,
        task_key=task_key(loaded, training_stack()),
        boards=tuple(names),
        objectives=(
            parse_objectives(objectives, metric, boards)
            if objectives
            else default_objectives(metric, boards, estimate=estimate)
        ),
        limits=parse_limits(limits, metric, boards),
        techniques=tuple(compress) or technique_names(),
        driver=driver,
        seed=seed,
        options=(("estimate", estimate), *_optimize_option(optimize), *_plan_option(plan)),
        trials=trials if trials or timeout_seconds else _TRIALS,
        timeout_seconds=timeout_seconds,
        resume=resume,
    )


def carry_out(
    request: SearchRequest,
    *,
    results: str | Path | None,
    progress: Callable[[Event], None] | None,
    plan: str | Path | None = None,
) -> RunResult:
    """Carry a search on to its end, and write its report."""
    folder = results_dir(None if results is None else Path(results))
    preferred = () if plan is None else _read_plan(plan).by_signature
    options = dict(request.options)
    estimate, optimize = bool(options["estimate"]), str(options.get("optimize", "speed"))
    with open_store(folder) as store:
        found = search(
            request,
            store=store,
            produce=lambda candidate, *, watch: produce(candidate, request.task, watch=watch),
            bench=_bench(request.task, store, estimate=estimate, optimize=optimize, preferred=preferred),
            listen=progress or (lambda _event: None),
        )
        report = study_report(store, request.study, report_path(folder, request.study))
    return RunResult(
        study=found.study,
        ended=found.ended,
        trials=len(found.trials),
        objectives=tuple(objective.key for objective in request.objectives),
        limits=tuple(map(str, request.limits)),
        front=tuple(_front_entry(trial) for trial in found.trials if trial.number in found.front),
        nearest=next((_front_entry(trial) for trial in found.trials if trial.number == found.nearest), None),
        quarantined=found.quarantined,
        report=report,
        found=found,
    )


def _optimize_option(optimize: str) -> Parameters:
    """A level is a setting of the study; one for speed is resumed as ever."""
    return () if optimize == "speed" else (("optimize", optimize),)


def _plan_option(path: str | Path | None) -> Parameters:
    """What a plan decides is a setting of the study; one without a plan is resumed as ever."""
    return () if path is None else (("plan", _read_plan(path).key),)


def _read_plan(path: str | Path) -> PlanFile:
    from harness.tune.plan_file import read_plan

    return read_plan(Path(path))


def _front_entry(trial: FinishedTrial) -> FrontEntry:
    candidate = trial.candidate
    return FrontEntry(
        trial=trial.number,
        candidate=candidate.key,
        artifact=trial.outcome.artifact,
        family=candidate.family,
        parameters=dict(candidate.parameters),
        compression=tuple({"name": step.name, **dict(step.parameters)} for step in candidate.compression),
        values={value.objective: Figure(value=value.value, how=value.how) for value in trial.outcome.values},
    )


def _bench(loaded: LoadedTask, store: Store, *, estimate: bool, optimize: str, preferred: KernelPlan) -> Bench:
    """Return what the search calls to measure a candidate: verified with real samples besides the standard inputs."""

    def bench(model: bytes, candidate: Candidate, board: str, *, watch: Watch) -> BenchOutcome:
        samples = model_inputs(model, loaded.data.validation.inputs[:_REAL_SAMPLES])
        request = BenchRequest(
            model=model,
            name="candidate.tflite",  # one name for all, so that only the model's own files are compiled anew
            board=board,
            estimate=estimate,
            optimize=optimize,
            preferred=preferred,
            real_samples=tuple((sample,) for sample in samples),
            candidate_key=candidate.key,
        )
        outcome = bench_model(request, lambda: store, watch).outcome
        prime_pio()  # for the next candidate, while it is being trained
        return outcome

    return bench
