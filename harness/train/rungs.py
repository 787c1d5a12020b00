# SPDX-License-Identifier: Apache-2.0
"""Rungs: epochs after which a training may be stopped, for what it scores by then and what it will cost.

At a rung the network is scored on the validation data, and whoever asked for the training may judge it. The network and
its optimizer stay where they are meanwhile, so that the training goes on from there. Nothing is drawn at random at a
rung: the model is the same whether it was judged or not.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from harness.compress import Network, apply_steps
from harness.errors import HarnessError
from harness.records import Candidate
from harness.stats import bootstrap
from harness.tasks import Array, Floats, LoadedTask, Score, TrainingPlan, keras
from harness.train.convert import FEW_SAMPLES, convert
from harness.train.evaluate import checked_score
from harness.train.given import no_training

_RESAMPLES = 200
_BOOTSTRAP_SEED = 0
_SHARES = (4, 2)  # a quarter of the epochs, then half of them


class Verdict(StrEnum):
    """What becomes of a training at a rung."""

    GO_ON = "go on"
    SHOW = "show"  # its model is needed to tell
    STOP = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class RungScore:
    """A score on the validation data, with its 95 % bootstrap interval over the samples where there is one."""

    metric: str
    value: float
    interval: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A training after so many ``epochs``, and what it scores by then.

    ``model`` is the network of that moment, compressed without training and converted (an int8 one calibrated with a
    few samples), where it was asked for, and ``parameters`` the number of its weights.
    """

    epochs: int
    scores: tuple[RungScore, ...]
    model: bytes | None = None
    parameters: int = 0


Judge: TypeAlias = Callable[[Rung], Verdict]


class Halted(Exception):
    """A training was stopped at a rung, after so many seconds of training."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def rung_epochs(plan: TrainingPlan) -> tuple[int, ...]:
    """Return the epochs at which a training of a plan has its rungs."""
    return tuple(sorted({plan.epochs // share for share in _SHARES if plan.epochs // share > 0}))


def rung_metrics(rungs: Iterable[Rung]) -> tuple[tuple[str, float], ...]:
    """Return the scores at rungs by the names under which they are kept with a model: ``rung_5.accuracy``."""
    return tuple((f"rung_{rung.epochs}.{score.metric}", score.value) for rung in rungs for score in rung.scores)


def scores_at(epochs: int, metrics: Iterable[tuple[str, float]]) -> Mapping[str, float]:
    """Return the scores at a rung by metric from what is kept with a model; none where it has no such rung."""
    prefix = f"rung_{epochs}."
    return {name.removeprefix(prefix): value for name, value in metrics if name.startswith(prefix)}


@dataclass(slots=True)
class Rungs:
    """The rungs of one training as it comes to them; ``asking_seconds`` is what judging took, none of the training."""

    candidate: Candidate
    loaded: LoadedTask
    judge: Judge | None
    passed: list[Rung] = field(default_factory=list)
    asking_seconds: float = 0.0
    _begin: float = field(default_factory=time.monotonic)

    def callback(self) -> Any:
        """Return what Keras calls after each epoch."""
        epochs, reach = rung_epochs(self.loaded.task.plan), self._reach

        class AtRungs(keras().callbacks.Callback):  # type: ignore[misc]
            def on_epoch_end(self, epoch: int, logs: object = None) -> None:
                del logs
                if epoch + 1 in epochs:
                    reach(epoch + 1, self.model)

        return AtRungs()

    def _reach(self, epochs: int, model: Any) -> None:
        rung = Rung(epochs=epochs, scores=self._scores(model))
        self.passed.append(rung)
        if self.judge is None:
            return
        begin = time.monotonic()
        verdict = self.judge(rung)
        if verdict is Verdict.SHOW and (shown := self._with_model(rung, model)) is not None:
            verdict = self.judge(shown)
        self.asking_seconds += time.monotonic() - begin
        if verdict is Verdict.STOP:
            raise Halted(time.monotonic() - self._begin - self.asking_seconds)

    def _scores(self, model: Any) -> tuple[RungScore, ...]:
        validation = self.loaded.data.validation
        outputs: Floats = np.asarray(model(validation.inputs, training=False), np.float32)
        return tuple(
            RungScore(
                metric=name,
                value=checked_score(name, score, outputs, validation.targets),
                interval=None if self.judge is None else _interval(score, outputs, validation.targets),
            )
            for name, score in self.loaded.task.scores.items()
        )

    def _with_model(self, rung: Rung, model: Any) -> Rung | None:
        """Return the rung with its model; None where it cannot be made, which the end of the training will tell."""
        try:
            network = apply_steps(
                Network(model=model), self.candidate.compression, fine_tune=no_training, seed=self.candidate.seed
            )
            converted = convert(
                network, self.loaded.data.train.spread(FEW_SAMPLES).inputs, name=f"{self.loaded.name}-at-rung"
            )
        except HarnessError:
            return None
        return replace(rung, model=converted, parameters=network.model.count_params())


def _interval(score: Score, outputs: Floats, targets: Array) -> tuple[float, float] | None:
    def resampled(positions: NDArray[np.intp]) -> float:
        try:
            return float(score(outputs[positions], targets[positions]))
        except Exception:  # a task's own code: what it raises for samples that are too much alike is its affair
            return math.nan

    return bootstrap(resampled, len(outputs), seed=_BOOTSTRAP_SEED, resamples=_RESAMPLES)
