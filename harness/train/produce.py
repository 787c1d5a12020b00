# SPDX-License-Identifier: Apache-2.0
"""From a candidate to its artifact: build, train, compress, convert, evaluate."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.compress import Network, apply_steps
from harness.errors import BadTask, ToolError, did_you_mean
from harness.records import Artifact, Candidate
from harness.tasks import FixedSpace, LoadedTask, keras
from harness.train.convert import convert
from harness.train.evaluate import evaluate_all
from harness.train.fit import fit

SEEDS = 2**31


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """The model of a candidate, and how many seconds each stage took."""

    model: bytes
    artifact: Artifact
    seconds: tuple[tuple[str, float], ...]


def produce(candidate: Candidate, loaded: LoadedTask, *, watch: Callable[[str], None] = lambda _stage: None) -> Trained:
    """Train a candidate into a model: the same bytes for the same candidate on one machine.

    ``watch`` is told the name of each stage as it begins. The artifact's metrics are all scores of the task on the
    validation data, ``validation_<metric>``; the test data are not looked at.
    Raises BadTask for a family or parameters that the task lacks, and what the steps and the conversion raise.
    """
    seconds: dict[str, float] = {}
    clock = _clock(seconds, watch)
    with clock("train"):
        network, epochs = _train(candidate, loaded)
    with clock("compress"):
        network = _compress(network, candidate, loaded)
    name = f"{loaded.name}-{candidate.family}-{candidate.key[:8]}"
    _require_finite(network, name)
    with clock("convert"):
        model = convert(network, loaded.data.train.inputs, name=name)
    with clock("evaluate"):
        scores = evaluate_all(model, loaded.data.validation, loaded.task)
        metrics = (
            *((f"validation_{name}", score) for name, score in scores.items()),
            ("parameters", float(network.model.count_params())),
            ("epochs", float(epochs)),
        )
    keras().backend.clear_session()
    artifact = Artifact(
        sha256=hashlib.sha256(model).hexdigest(),
        name=name,
        size_bytes=len(model),
        candidate_key=candidate.key,
        metrics=metrics,
    )
    return Trained(model=model, artifact=artifact, seconds=tuple(seconds.items()))


def build(candidate: Candidate, loaded: LoadedTask) -> Any:
    """Build a candidate's untrained network. Raises BadTask for a family or parameters that the task lacks."""
    families = loaded.task.families
    if candidate.family not in families:
        raise BadTask(
            f"the task {loaded.name!r} has no family {candidate.family!r}",
            hint=did_you_mean(candidate.family, families),
        )
    return families[candidate.family](FixedSpace(dict(candidate.parameters)))()


def _train(candidate: Candidate, loaded: LoadedTask) -> tuple[Network, int]:
    keras().backend.clear_session()  # layer names, and so the model's bytes, must not depend on what was built before
    keras().utils.set_random_seed(candidate.seed % SEEDS)
    model, plan = build(candidate, loaded), loaded.task.plan
    epochs = fit(model, loaded, epochs=plan.epochs, learning_rate=plan.learning_rate, seed=candidate.seed % SEEDS)
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


def _clock(seconds: dict[str, float], watch: Callable[[str], None]) -> Callable[[str], Any]:
    @contextmanager
    def stage(name: str) -> Iterator[None]:
        watch(name)
        begin = time.monotonic()
        yield
        seconds[name] = time.monotonic() - begin

    return stage
