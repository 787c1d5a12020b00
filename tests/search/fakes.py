# SPDX-License-Identifier: Apache-2.0
"""A task, a producer and a bench that are members of their families, but take no time."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from harness.records import (
    Artifact,
    BenchOutcome,
    Candidate,
    Failure,
    FlashUse,
    How,
    Measurement,
    Quantity,
    RamUse,
    Reference,
    Verification,
    canonical_json,
)
from harness.search import Bench, Event, Limit, Moment, Objective, Producer, SearchRequest, SearchResult, run
from harness.search.request import Watch
from harness.store import Store
from harness.tasks import Build, Data, LoadedTask, Space, Split, Task, TrainingPlan, accuracy
from harness.train import Trained

TASK_KEY = "0" * 64
UNTRAINED = "untrained"
TECHNIQUES = ("filter_pruning", "int8", "magnitude_pruning")
REFERENCE = Reference(package="fake", version="1", kernels="none")
OBJECTIVES = (
    Objective(name="accuracy", direction="maximize"),
    Objective(name="instructions", direction="minimize", board="one"),
    Objective(name="ram", direction="minimize", board="one"),
)


def narrow(space: Space) -> Build:
    space.suggest_int("width", 1, 3)
    return list


def wide(space: Space) -> Build:
    space.suggest_int("width", 8, 64, step=8)
    space.suggest_float("rate", 0.0, 1.0)
    space.suggest_categorical("mode", ("a", "b", "c"))
    return list


def _load_data() -> Data:
    split = Split(inputs=np.zeros((2, 3), np.float32), targets=np.zeros(2, np.int32))
    return Data(train=split, validation=split, test=split)


TASK = LoadedTask(
    name="fake",
    task=Task(
        summary="nothing",
        input_range=(0.0, 1.0),
        loss="mse",
        metric="accuracy",
        score=accuracy,
        plan=TrainingPlan(
            epochs=1,
            batch_size=1,
            learning_rate=0.1,
            patience=1,
            fine_tune_epochs=1,
            fine_tune_learning_rate=0.1,
        ),
        families={"narrow": narrow, "wide": wide},
        load_data=_load_data,
    ),
    data=_load_data(),
    files=(),
)


def make_request(
    *,
    study: str = "s",
    boards: tuple[str, ...] = ("one",),
    objectives: tuple[Objective, ...] = OBJECTIVES,
    limits: tuple[Limit, ...] = (),
    techniques: tuple[str, ...] = TECHNIQUES,
    driver: str = "optuna",
    sampler: str = "tpe",
    seed: int = 1,
    trials: int | None = 5,
    timeout_seconds: float | None = None,
    jobs: int = 1,
    resume: bool = False,
) -> SearchRequest:
    return SearchRequest(
        study=study,
        task=TASK,
        task_key=TASK_KEY,
        boards=boards,
        objectives=objectives,
        limits=limits,
        techniques=techniques,
        driver=driver,
        sampler=sampler,
        seed=seed,
        trials=trials,
        timeout_seconds=timeout_seconds,
        jobs=jobs,
        resume=resume,
    )


def number_of(*parts: str) -> int:
    """A number from 0 to 65,535 that looks random and is always the same for the same text."""
    return int.from_bytes(hashlib.sha256("|".join(parts).encode()).digest()[:2], "big")


@dataclass(slots=True)
class FakeProducer:
    """Trains in no time; ``log`` gets a line a call, ``pause_seconds`` makes room for being killed."""

    log: Path | None = None
    label: str = ""
    pause_seconds: float = 0.0
    calls: list[str] = field(default_factory=list)

    def __call__(self, candidate: Candidate, *, watch: Watch) -> Trained:
        watch("train")
        self.calls.append(candidate.key)
        if self.log is not None:
            with self.log.open("a") as file:
                file.write(f"{self.label} {candidate.key}\n")
        time.sleep(self.pause_seconds)
        model = canonical_json(candidate).encode()
        quality = number_of("quality", candidate.key) / 65536
        artifact = Artifact(
            sha256=hashlib.sha256(model).hexdigest(),
            name="fake",
            size_bytes=len(model),
            candidate_key=candidate.key,
            metrics=(("validation_accuracy", quality),),
        )
        return Trained(model=model, artifact=artifact, seconds=(("train", self.pause_seconds),))


Fault = Callable[[bytes, str], Failure | None]


@dataclass(slots=True)
class FakeBench:
    """Counts in no time; ``fault`` may give a failure for a model on a board."""

    fault: Fault = lambda _model, _board: None
    verified: bool = True
    how: How = How.COUNTED
    pause_seconds: float = 0.0
    calls: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, model: bytes, candidate: Candidate | None, board: str, *, watch: Watch) -> BenchOutcome:
        watch("measure")
        key = UNTRAINED if candidate is None else candidate.key
        self.calls.append((key, board))
        time.sleep(self.pause_seconds)
        failure = self.fault(model, board)
        if failure is not None:
            return BenchOutcome(model="fake", board=board, runtime="fake", failure=failure, exit_code=1)
        measurement = make_measurement(key, board, verified=self.verified, how=self.how)
        return BenchOutcome(model="fake", board=board, runtime="fake", measurement=measurement)


class Heard(list[Event]):
    """Events; ``last`` is set when no further trial is begun."""

    def __init__(self) -> None:
        super().__init__()
        self.last = threading.Event()

    def append(self, event: Event) -> None:
        super().append(event)
        if event.moment is Moment.LAST:
            self.last.set()


def make_failure(kind: str, *, number: int = 0, violation: float = 0.0) -> Failure:
    return Failure(
        id=f"failure-{kind}-{number}",
        belongs_to="d",
        stage="build",
        kind=kind,
        message="it went wrong",
        violation=violation,
    )


def make_measurement(key: str, board: str, *, verified: bool = True, how: How = How.COUNTED) -> Measurement:
    instructions = Quantity(
        value=1000 + number_of("instructions", key, board), unit="instructions", how=how, source="fake"
    )
    flash = FlashUse(weights_bytes=1, code_bytes=1, total_bytes=2)
    return Measurement(
        id=hashlib.sha256(f"{key}-{board}-{how}".encode()).hexdigest(),
        build_key=key,
        deployment_key=key,
        rig=board,
        environment=(),
        instructions=instructions,
        latency=None,
        energy=None,
        ram=RamUse(model_bytes=1, stack_bytes=1, total_bytes=100 + number_of("ram", key, board)),
        flash=flash,
        verification=Verification(verified=verified, rule="equal", reference=REFERENCE, inputs=8, layers=1),
        layers=(),
        output_sha256="",
    )


def search(
    store: Store,
    request: SearchRequest | None = None,
    *,
    produce: Producer | None = None,
    bench: Bench | None = None,
    events: list[Event] | None = None,
) -> SearchResult:
    return run(
        request or make_request(),
        store=store,
        produce=produce or FakeProducer(),
        bench=bench or FakeBench(),
        listen=(events if events is not None else []).append,
    )
