# SPDX-License-Identifier: Apache-2.0
"""From a candidate to its artifact: build, train, compress, convert, evaluate."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, TypeAlias

import numpy as np

from harness.compress import Network, apply_steps
from harness.errors import BadTask, ToolError, did_you_mean
from harness.records import Artifact, Candidate
from harness.tasks import FixedSpace, LoadedTask, keras
from harness.train.convert import CALIBRATION_SAMPLES, convert
from harness.train.evaluate import evaluate_all
from harness.train.fit import fit
from harness.train.given import convert_given
from harness.train.rungs import Judge, Rungs, rung_metrics

SEEDS = 2**31
_Clock: TypeAlias = Callable[[str], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """The model of a candidate, and how many seconds each stage took."""

    model: bytes
    artifact: Artifact
    seconds: tuple[tuple[str, float], ...]


def produce(
    candidate: Candidate,
    loaded: LoadedTask,
    *,
    watch: Callable[[str], None] = lambda _stage: None,
    judge: Judge | None = None,
) -> Trained:
    """Train a candidate into a model: the same bytes for the same candidate on one machine.

    ``watch`` is told the name of each stage as it begins, ``judge`` says at each rung of the training whether it goes
    on. The artifact's metrics are all scores of the task on the validation data, ``validation_<metric>``, also those at
    the rungs; the test data are not looked at.
    Raises Halted where ``judge`` stops it, BadTask for a family or parameters that the task lacks, and what the steps
    and the conversion raise.
    """
    seconds: dict[str, float] = {}
    clock = _clock(seconds, watch)
    name = f"{PurePath(loaded.name).name.removesuffix('.py')}-{candidate.family}-{candidate.key[:8]}"
    make = _convert_as_it_is if loaded.given is not None and not loaded.given.rebuilt else _train_and_convert
    rungs = Rungs(candidate, loaded, judge)
    made = make(candidate, loaded, name, clock, rungs)
    if "train" in seconds:
        seconds["train"] -= rungs.asking_seconds
    with clock("evaluate"):
        scores = evaluate_all(made.model, loaded.data.validation, loaded.task)
        metrics = (
            *((f"validation_{metric}", score) for metric, score in scores.items()),
            ("parameters", float(made.parameters)),
            ("epochs", float(made.epochs)),
            *rung_metrics(rungs.passed),
        )
    artifact = Artifact(
        sha256=hashlib.sha256(made.model).hexdigest(),
        name=name,
        size_bytes=len(made.model),
        candidate_key=candidate.key,
        metrics=metrics,
        classes=loaded.data.classes,
        preprocessing=loaded.data.preprocessing,
    )
    return Trained(model=made.model, artifact=artifact, seconds=tuple(seconds.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """A converted model, how many weights its network has, and for how many epochs that was trained."""

    model: bytes
    parameters: int
    epochs: int


def _train_and_convert(candidate: Candidate, loaded: LoadedTask, name: str, clock: _Clock, rungs: Rungs) -> _Made:
    with clock("train"):
        network, epochs = _train(candidate, loaded, rungs)
    with clock("compress"):
        network = _compress(network, candidate, loaded)
    _require_finite(network, name)
    with clock("convert"):
        model = convert(network, loaded.data.train.inputs, name=name)
    parameters = network.model.count_params()
    keras().backend.clear_session()
    return _Made(model=model, parameters=parameters, epochs=epochs)


def _convert_as_it_is(candidate: Candidate, loaded: LoadedTask, name: str, clock: _Clock, rungs: Rungs) -> _Made:
    """Convert a model that tf-keras cannot build."""
    del name, rungs
    assert loaded.given is not None
    with clock("convert"):
        model = convert_given(loaded.given, candidate, loaded.data.train.inputs[:CALIBRATION_SAMPLES])
    return _Made(model=model, parameters=loaded.given.parameters, epochs=0)


def build(candidate: Candidate, loaded: LoadedTask) -> Any:
    """Build a candidate's untrained network. Raises BadTask for a family or parameters that the task lacks."""
    families = loaded.task.families
    if candidate.family not in families:
        raise BadTask(
            f"the task {loaded.name!r} has no family {candidate.family!r}",
            hint=did_you_mean(candidate.family, families),
        )
    return families[candidate.family](FixedSpace(dict(candidate.parameters)))()


def _train(candidate: Candidate, loaded: LoadedTask, rungs: Rungs) -> tuple[Network, int]:
    keras().backend.clear_session()  # layer names, and so the model's bytes, must not depend on what was built before
    keras().utils.set_random_seed(candidate.seed % SEEDS)
    model, plan = build(candidate, loaded), loaded.task.plan
    if loaded.given is not None:
        return Network(model=model), 0  # it is trained
    epochs = fit(
        model,
        loaded,
        epochs=plan.epochs,
        learning_rate=plan.learning_rate,
        seed=candidate.seed % SEEDS,
        callbacks=(rungs.callback(),),
    )
    return Network(model=model), epochs


def _require_finite(network: Network, name: str) -> None:
    if not all(np.isfinite(weights).all() for weights in network.model.get_weights()):
        raise ToolError(
            f"the training of {name} diverged: some weights are not finite",
            hint="Lower the learning rate of the task, or narrow the family's space.",
        )


def _compress(network: Network, candidate: Candidate, loaded: LoadedTask) -> Network:
    plan, seed = loaded.task.plan, (candidate.seed + 1) % SEEDS

    def fine_tune(model: Any, *, callbacks: Sequence[Any] = ()) -> int:
        epochs, rate = plan.fine_tune_epochs, plan.fine_tune_learning_rate
        return fit(model, loaded, epochs=epochs, learning_rate=rate, seed=seed, callbacks=callbacks)

    return apply_steps(network, candidate.compression, fine_tune=fine_tune, seed=seed)


def _clock(seconds: dict[str, float], watch: Callable[[str], None]) -> _Clock:
    @contextmanager
    def stage(name: str) -> Iterator[None]:
        watch(name)
        begin = time.monotonic()
        yield
        seconds[name] = time.monotonic() - begin

    return stage
