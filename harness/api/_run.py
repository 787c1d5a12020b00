# SPDX-License-Identifier: Apache-2.0
"""``harness.run``: a search that measures every candidate on the boards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.api._finals import Listener as FinalsListener
from harness.api._finals import check_final, finals_dict
from harness.api._plan import open_plan
from harness.api._request import search_request, train_limits
from harness.api._settings import RunSettings, resolve
from harness.canonical import to_plain
from harness.finals import Finals, load_finals
from harness.pio import prime_pio
from harness.pipeline import BenchRequest, bench_model
from harness.records import BenchOutcome, Candidate, How, Scalar
from harness.report import report_path, study_report
from harness.runtimes import KernelPlan
from harness.search import Bench, Event, FinishedTrial, SearchRequest, SearchResult
from harness.search import run as search
from harness.search.gates import GateTotal, gate_totals
from harness.search.request import REAL_SAMPLES, Ended, Watch
from harness.settings import results_dir
from harness.store import Store, open_store
from harness.tasks import Floats, LoadedTask
from harness.train import Trainers, lost_lines, model_inputs

if TYPE_CHECKING:
    from harness.tune.plan_file import PlanFile

_NOT_IN_JSON = ("found", "finals")
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
    ``gates`` is what each gate did over all trials, ``finals`` the final check of the front, None where there was none.
    ``lost`` says which techniques cannot be applied to a model that was given.
    """

    study: str
    ended: Ended
    trials: int
    objectives: tuple[str, ...]
    limits: tuple[str, ...]
    front: tuple[FrontEntry, ...]
    nearest: FrontEntry | None
    quarantined: tuple[str, ...]
    gates: tuple[GateTotal, ...]
    lost: tuple[str, ...]
    report: Path
    found: SearchResult = field(repr=False)
    finals: Finals | None

    def as_dict(self) -> dict[str, Any]:
        """Return the object of ``harness run --json``: plain JSON values."""
        plain = {f.name: to_plain(getattr(self, f.name)) for f in fields(self) if f.name not in _NOT_IN_JSON}
        finals = None if self.finals is None else finals_dict(self.finals)
        return {"schema": SCHEMA, **plain, "finals": finals, "report": str(self.report)}


def run(
    *,
    board: str | Sequence[str] | None = None,
    task: str | Path | None = None,
    model: str | Path | None = None,
    trust: bool | None = None,
    trials: int | None = None,
    timeout_seconds: float | None = None,
    jobs: int | None = None,
    train_timeout_seconds: float | None = None,
    train_memory: str | None = None,
    study: str | None = None,
    resume: bool = False,
    objectives: Sequence[str] = (),
    limits: Sequence[str] = (),
    compress: Sequence[str] = (),
    estimate: bool | None = None,
    seed: int | None = None,
    driver: str | None = None,
    sampler: str | None = None,
    gates: bool | None = None,
    halving: bool | None = None,
    optimize: str | None = None,
    plan: str | Path | None = None,
    final: int | None = None,
    seeds: int | None = None,
    results: str | Path | None = None,
    config: str | Path | None = None,
    progress: Callable[[Event], None] | None = None,
    finals_progress: FinalsListener | None = None,
) -> RunResult:
    """Search networks and their compression, each measured on the boards, and write a report.

    ``task`` is a task's name or the path of its file (default: digits); ``trials`` the number that the study shall have
    in the end (20 where neither it nor ``timeout_seconds`` is given), ``study`` its name (default: the task's),
    ``resume`` goes on with one that was begun before. ``objectives`` are written ``NAME[:min|:max][@BOARD]``,
    ``limits`` ``NAME[@BOARD]<=NUMBER[UNIT]`` or with ``>=``, such as ``ram<=32KiB``; ``compress`` names the techniques
    to choose from (default: all). ``sampler`` is how the driver chooses: tpe (the default), nsga2, nsga3, random or gp.
    ``gates`` (default: true) says whether candidates that are sure to break a limit are stopped before their training,
    ``halving`` (default: true) whether trainings are stopped that fall behind in everything.
    ``optimize`` is what the code is made for: speed, balanced or size. ``plan`` is a kernel-plan file, whose choices
    hold for all layers of the same signatures. ``model`` is a ``.keras`` file whose compression alone is searched;
    ``trust`` lets it run code of its own (Lambda layers, pickles). ``jobs`` is how many trials are under way at once
    (default: by the machine's cores and memory, at most 4); the same number gives the same candidates.
    ``train_timeout_seconds`` (default: an hour) and ``train_memory``, such as ``"4GiB"``, limit each training. What is
    not given is taken from the file ``config``, if one is given, from a ``task.toml`` beside the task's file, or from
    the task itself.
    At the end ``final`` of the best (default 3) are checked on the test data, and trained again from ``seeds`` other
    seeds (default 3). Everything is kept in the folder ``results`` (default: HARNESS_RESULTS, else ./results).
    ``progress`` is told what happens, ``finals_progress`` what the check will cost and how it goes; an interruption
    from the keyboard ends either in order, a second one of the search at once.

    Raises the errors of ``harness.errors``: UserError and BadTask before anything is trained, RigError where no board
    is left to measure on.
    """
    given = {
        "board": (board,) if isinstance(board, str) else board,
        "task": _text(task),
        "model": _text(model),
        "trust": trust,
        "trials": trials,
        "timeout": timeout_seconds,
        "jobs": jobs,
        "train_timeout": train_timeout_seconds,
        "train_memory": train_memory,
        "study": study,
        "objective": objectives,
        "limit": limits,
        "compress": compress,
        "estimate": estimate,
        "seed": seed,
        "driver": driver,
        "sampler": sampler,
        "gates": gates,
        "halving": halving,
        "optimize": optimize,
        "plan": _text(plan),
        "final": final,
        "seeds": seeds,
        "results": _text(results),
    }
    resolved = resolve(given, config=None if config is None else Path(config), find=False)
    kernels = open_plan(resolved.settings.plan)
    request = search_request(resolved, plan=kernels, resume=resume)
    return carry_out(request, resolved.settings, plan=kernels, progress=progress, finals_progress=finals_progress)


def _text(path: str | Path | None) -> str | None:
    return None if path is None else str(path)


def carry_out(
    request: SearchRequest,
    settings: RunSettings,
    *,
    plan: PlanFile,
    progress: Callable[[Event], None] | None,
    finals_progress: FinalsListener | None = None,
) -> RunResult:
    """Carry a search on to its end, check its best, and write its report."""
    folder = results_dir(None if settings.results is None else Path(settings.results))
    trainers = Trainers(request.task, request.task_key, jobs=request.jobs, limits=train_limits(settings, request))
    with open_store(folder) as store, trainers:
        if request.resume:
            store.study(request.study)  # raises UserError where there is none
        elif request.task.given is None and request.study not in {study.name for study in store.studies()}:
            trainers.check_networks()  # what cannot be built or scored must not leave a study behind
        measure = _measure(store, settings, plan.by_signature)
        found = search(
            request,
            store=store,
            produce=trainers.produce,
            bench=_bench(measure, request.task),
            untrained=trainers.untrained,
            bound=trainers.bound,
            produce_in_rungs=trainers.produce_in_rungs,
            listen=progress or (lambda _event: None),
        )
        try:
            if found.ended != "interrupted":
                check_final(
                    request,
                    found,
                    final=settings.final,
                    seeds=settings.seeds,
                    store=store,
                    produce=trainers.produce,
                    measure=measure,
                    listen=finals_progress or (lambda _event: None),
                )
        except KeyboardInterrupt:
            found = replace(found, ended="interrupted")
        finally:
            report = study_report(store, request.study, report_path(folder, request.study))
        finals = load_finals(store, request.study)
    return RunResult(
        study=found.study,
        ended=found.ended,
        trials=len(found.trials),
        objectives=tuple(objective.key for objective in request.objectives),
        limits=tuple(map(str, request.limits)),
        front=tuple(_front_entry(trial) for trial in found.trials if trial.number in found.front),
        nearest=next((_front_entry(trial) for trial in found.trials if trial.number == found.nearest), None),
        quarantined=found.quarantined,
        gates=gate_totals(found.trials),
        lost=() if request.task.given is None else lost_lines(request.task.given),
        report=report,
        found=found,
        finals=finals,
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


def _bench(measure: Callable[..., BenchOutcome], loaded: LoadedTask) -> Bench:
    """Return what the search calls to measure a candidate: verified with real samples besides the standard inputs."""
    samples = loaded.data.validation.inputs[:REAL_SAMPLES]
    return lambda model, candidate, board, *, watch: measure(model, candidate, board, samples=samples, watch=watch)


def _measure(store: Store, settings: RunSettings, preferred: KernelPlan) -> Callable[..., BenchOutcome]:
    """Return what measures a candidate on a board, and verifies it with some samples of the task."""

    def measure(
        model: bytes, candidate: Candidate | None, board: str, *, samples: Floats, watch: Watch
    ) -> BenchOutcome:
        request = BenchRequest(
            model=model,
            name="candidate.tflite",  # one name for all, so that only the model's own files are compiled anew
            board=board,
            estimate=settings.estimate,
            optimize=settings.optimize,
            preferred=preferred,
            real_samples=tuple((sample,) for sample in model_inputs(model, samples)),
            candidate_key=None if candidate is None else candidate.key,
        )
        outcome = bench_model(request, lambda: store, watch).outcome
        prime_pio()  # for the next candidate, while it is being trained
        return outcome

    return measure
