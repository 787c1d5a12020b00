# SPDX-License-Identifier: Apache-2.0
"""``harness.run``: a search that measures every candidate on the boards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from harness.api._request import read_plan, search_request
from harness.api._settings import RunSettings, resolve
from harness.canonical import to_plain
from harness.pio import prime_pio
from harness.pipeline import BenchRequest, bench_model
from harness.records import BenchOutcome, Candidate, How, Scalar
from harness.report import report_path, study_report
from harness.search import Bench, Event, FinishedTrial, SearchRequest, SearchResult
from harness.search import run as search
from harness.search.request import Ended, Watch
from harness.settings import results_dir
from harness.store import Store, open_store
from harness.tasks import LoadedTask
from harness.train import check_networks, model_inputs, produce

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
    board: str | Sequence[str] | None = None,
    task: str | Path | None = None,
    trials: int | None = None,
    timeout_seconds: float | None = None,
    study: str | None = None,
    resume: bool = False,
    objectives: Sequence[str] = (),
    limits: Sequence[str] = (),
    compress: Sequence[str] = (),
    estimate: bool | None = None,
    seed: int | None = None,
    driver: str | None = None,
    sampler: str | None = None,
    optimize: str | None = None,
    plan: str | Path | None = None,
    results: str | Path | None = None,
    config: str | Path | None = None,
    progress: Callable[[Event], None] | None = None,
) -> RunResult:
    """Search networks and their compression, each measured on the boards, and write a report.

    ``task`` is a task's name or the path of its file (default: digits); ``trials`` the number that the study shall have
    in the end (20 where neither it nor ``timeout_seconds`` is given), ``study`` its name (default: the task's),
    ``resume`` goes on with one that was begun before. ``objectives`` are written ``NAME[:min|:max][@BOARD]``,
    ``limits`` ``NAME[@BOARD]<=NUMBER[UNIT]`` or with ``>=``, such as ``ram<=32KiB``; ``compress`` names the techniques
    to choose from (default: all). ``sampler`` is how the driver chooses: tpe (the default), nsga2, nsga3, random or gp.
    ``optimize`` is what the code is made for: speed, balanced or size. ``plan`` is a
    kernel-plan file, whose choices hold for all layers of the same signatures. What is not given is taken from the file
    ``config``, if one is given, from a ``task.toml`` beside the task's file, or from the task itself.
    Everything is kept in the folder ``results`` (default: HARNESS_RESULTS, else ./results). ``progress`` is told what
    happens; an interruption from the keyboard ends the search in order.

    Raises the errors of ``harness.errors``: UserError and BadTask before anything is trained, RigError where no board
    is left to measure on.
    """
    given = {
        "board": (board,) if isinstance(board, str) else board,
        "task": _text(task),
        "trials": trials,
        "timeout": timeout_seconds,
        "study": study,
        "objective": objectives,
        "limit": limits,
        "compress": compress,
        "estimate": estimate,
        "seed": seed,
        "driver": driver,
        "sampler": sampler,
        "optimize": optimize,
        "plan": _text(plan),
        "results": _text(results),
    }
    resolved = resolve(given, config=None if config is None else Path(config), find=False)
    return carry_out(search_request(resolved, resume=resume), resolved.settings, progress=progress)


def _text(path: str | Path | None) -> str | None:
    return None if path is None else str(path)


def carry_out(
    request: SearchRequest,
    settings: RunSettings,
    *,
    progress: Callable[[Event], None] | None,
) -> RunResult:
    """Carry a search on to its end, and write its report."""
    folder = results_dir(None if settings.results is None else Path(settings.results))
    with open_store(folder) as store:
        if request.study not in {study.name for study in store.studies()}:
            check_networks(request.task)  # what cannot be built or scored must not leave a study behind
        found = search(
            request,
            store=store,
            produce=lambda candidate, *, watch: produce(candidate, request.task, watch=watch),
            bench=_bench(request.task, store, settings),
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


def _bench(loaded: LoadedTask, store: Store, settings: RunSettings) -> Bench:
    """Return what the search calls to measure a candidate: verified with real samples besides the standard inputs."""
    preferred = () if settings.plan is None else read_plan(settings.plan).by_signature

    def bench(model: bytes, candidate: Candidate, board: str, *, watch: Watch) -> BenchOutcome:
        samples = model_inputs(model, loaded.data.validation.inputs[:_REAL_SAMPLES])
        request = BenchRequest(
            model=model,
            name="candidate.tflite",  # one name for all, so that only the model's own files are compiled anew
            board=board,
            estimate=settings.estimate,
            optimize=settings.optimize,
            preferred=preferred,
            real_samples=tuple((sample,) for sample in samples),
            candidate_key=candidate.key,
        )
        outcome = bench_model(request, lambda: store, watch).outcome
        prime_pio()  # for the next candidate, while it is being trained
        return outcome

    return bench
