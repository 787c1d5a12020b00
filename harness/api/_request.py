# SPDX-License-Identifier: Apache-2.0
"""From settings to what a search is asked, checked against boards and task before anything is trained."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from harness import registry
from harness.api._settings import DEFAULT, Resolved, RunSettings
from harness.boards import load_board
from harness.compress import load_technique, technique_names
from harness.errors import UserError
from harness.firmware.toolchain import build_flags
from harness.pipeline import find_target
from harness.records import Parameters
from harness.search import SearchRequest, default_objectives, halving, parse_limits, parse_objectives
from harness.search.drivers import FAMILY as DRIVERS
from harness.search.figures import Named
from harness.search.gates import useful_gates
from harness.tasks import LoadedTask, Need, load_task, task_key
from harness.train import Limits, default_jobs, default_limits, open_model, training_stack, with_model

if TYPE_CHECKING:
    from harness.tune.plan_file import PlanFile

TRIALS = 20  # where neither trials nor a timeout are given
TASK = "the task"
_UNITS = {"MB": 1e6, "GB": 1e9, "MiB": 2.0**20, "GiB": 2.0**30}
_SIZE = re.compile(rf"(?P<number>[0-9]+(?:\.[0-9]+)?)\s*(?P<unit>{'|'.join(_UNITS)})")


def search_request(
    resolved: Resolved, *, plan: PlanFile, resume: bool, watch: Callable[[str], None] = lambda _stage: None
) -> SearchRequest:
    """Return what a search is asked, checked against boards, task and model; nothing is trained or stored.

    ``plan`` is what the settings' plan file says, ``watch`` is told the stages of opening a model's file.
    """
    settings = resolved.settings
    build_flags(settings.optimize)  # raises UserError for a level that there is not
    for name in settings.board:
        find_target(name, estimate=settings.estimate)  # nothing is trained for a board that cannot be reached
    registry.load(DRIVERS, settings.driver)
    for name in settings.compress:
        load_technique(name)
    boards = [load_board(name) for name in settings.board]
    techniques = settings.compress or technique_names()
    if settings.model is None:
        loaded = load_task(settings.task)
    else:
        loaded, techniques = _with_model(settings, techniques, watch)
    settings = with_task(resolved, loaded).settings
    metrics = tuple(loaded.task.scores)
    objectives = parse_objectives(settings.objective, metrics, boards) or default_objectives(
        loaded.task.metric, boards, estimate=settings.estimate
    )
    limits = parse_limits(settings.limit, metrics, boards)
    _check_prices((*objectives, *limits), unpriced(settings))
    return SearchRequest(
        study=settings.study or Path(settings.model or settings.task).stem,
        task=loaded,
        task_key=task_key(loaded, training_stack()),
        boards=settings.board,
        objectives=objectives,
        limits=limits,
        techniques=techniques,
        driver=settings.driver,
        sampler=settings.sampler,
        seed=settings.seed,
        gates=useful_gates(boards, limits) if settings.gates else (),
        halving=settings.halving and loaded.given is None and halving.is_useful(objectives),
        options=(
            ("estimate", settings.estimate),
            *_optimize_option(settings.optimize),
            *(() if settings.plan is None else plan_option(plan)),
        ),
        trials=settings.trials if settings.trials or settings.timeout else TRIALS,
        timeout_seconds=settings.timeout,
        jobs=settings.jobs or default_jobs(),
        resume=resume,
    )


def unpriced(settings: RunSettings) -> tuple[str, ...]:
    """Return the real boards that are to be emulated and whose counts nobody has priced: no time, no energy."""
    boards = [load_board(name) for name in settings.board] if settings.estimate else []
    return tuple(board.id for board in boards if board.estimate is None)


def emulated(settings: RunSettings) -> tuple[str, ...]:
    """Say of each real board that is emulated what runs in which emulator, and where nobody has priced its counts."""
    return tuple(_emulated(name) for name in settings.board) if settings.estimate else ()


def _emulated(name: str) -> str:
    target = find_target(name, estimate=True)
    assert target.driver is not None
    emulator = f"{target.driver.NAME} {target.driver.version(target.machine)}"
    image = "its own image" if target.machine.id == name else f"an image for {target.machine.id}, which stands in,"
    price = "" if target.board.estimate else "; without a price for its instructions there is no latency, no energy"
    return f"{name}: {image} runs in {emulator}{price}"


def _check_prices(wanted: Iterable[Named], without: Container[str | None]) -> None:
    for each in wanted:
        if each.name in ("latency", "energy") and each.board in without:
            raise UserError(
                f"{each.board} has no {each.name} by --estimate: its file has no price for what is counted",
                hint="Use instructions there, or add [estimate] to its file: docs/boards.md.",
            )


def _with_model(
    settings: RunSettings, techniques: tuple[str, ...], watch: Callable[[str], None]
) -> tuple[LoadedTask, tuple[str, ...]]:
    """Return the task with the given model as its only network, and the techniques that can be applied to it."""
    assert settings.model is not None
    loaded = load_task(settings.task, need=Need.SPLITS)
    given = open_model(Path(settings.model), loaded, techniques, trust=settings.trust, watch=watch)
    lost = dict(given.lost)
    return with_model(loaded, given), tuple(name for name in techniques if name not in lost)


def train_limits(settings: RunSettings, request: SearchRequest) -> Limits:
    """Return the limits of one training. Raises UserError for a size that cannot be read."""
    memory_bytes = None if settings.train_memory is None else _bytes(settings.train_memory)
    return default_limits(request.jobs, seconds=settings.train_timeout, memory_bytes=memory_bytes)


def _bytes(text: str) -> int:
    """Return a size of memory in bytes. Raises UserError for what is none."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        hint = f"Write it as 4GiB or 1500MB. Units: {', '.join(_UNITS)}."
        raise UserError(f"{text!r} is no size of memory", hint=hint)
    return int(float(match["number"]) * _UNITS[match["unit"]])


def with_task(resolved: Resolved, loaded: LoadedTask) -> Resolved:
    """Return the settings with the objectives and limits that the task declares, where nothing else does."""
    for name, declared in (("objective", loaded.task.objectives), ("limit", loaded.task.limits)):
        if declared and resolved.sources[name] == DEFAULT:
            resolved = resolved.replaced(name, tuple(declared), TASK)
    return resolved


def _optimize_option(optimize: str) -> Parameters:
    """A level is a setting of the study; one for speed is resumed as ever."""
    return () if optimize == "speed" else (("optimize", optimize),)


def plan_option(plan: PlanFile) -> Parameters:
    """What a plan decides is a setting of the study; one without a plan file has none, and is resumed as ever."""
    return (("plan", plan.key),)
