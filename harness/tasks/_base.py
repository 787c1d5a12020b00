# SPDX-License-Identifier: Apache-2.0
"""What a task is: data, a score, and families of networks over a small space of hyper-parameters.

A task is one file that defines ``TASK``. A family takes its hyper-parameters from a ``Space`` and returns a function
that builds the network from them. The same family so serves the search, which only wants to know what may be varied,
and the training, which replays the parameters of a candidate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from harness.records import Parameters, Scalar

Floats: TypeAlias = NDArray[np.float32]
Array: TypeAlias = NDArray[np.generic]
Choice = TypeVar("Choice", bound=Scalar)

_CLASSES_LOSS = "sparse_categorical_crossentropy"


class Space(Protocol):
    """Where a family, or a technique of compression, takes its hyper-parameters from; bounds are inclusive."""

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1) -> int: ...

    def suggest_float(self, name: str, low: float, high: float) -> float: ...

    def suggest_categorical(self, name: str, choices: tuple[Choice, ...]) -> Choice: ...


Score: TypeAlias = Callable[[Floats, Array], float]  # outputs [sample, ...], targets [sample, ...]
Build: TypeAlias = Callable[[], Any]  # returns an untrained network of tf_keras
Family: TypeAlias = Callable[[Space], Build]


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Samples and what they should give: ``inputs`` is [sample, ...] of float32, ``targets`` [sample, ...]."""

    inputs: Floats
    targets: Array

    def spread(self, count: int) -> Split:
        """Return at most so many samples, spread over all: these may be sorted by class."""
        last = len(self.inputs) - 1
        chosen = np.unique(np.linspace(0, last, min(count, len(self.inputs))).round().astype(np.int64))
        return Split(inputs=self.inputs[chosen], targets=self.targets[chosen])


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """Training data, validation data that a search may see, and test data that it must not.

    ``classes`` names the classes by their numbers, ``preprocessing`` says how a device makes an input of what its
    sensor gives: constants by name, which travel with every model that is trained. Both may be left out.
    """

    train: Split
    validation: Split
    test: Split
    classes: tuple[str, ...] = ()
    preprocessing: Parameters = ()

    def splits(self) -> tuple[tuple[str, Split], ...]:
        """Return the three parts by name."""
        return ("train", self.train), ("validation", self.validation), ("test", self.test)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPlan:
    """How long and how fast to train; training ends early after ``patience`` epochs without a better validation."""

    epochs: int
    batch_size: int
    learning_rate: float
    patience: int
    fine_tune_epochs: int  # after a step of compression
    fine_tune_learning_rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a task file declares as ``TASK``; without ``families`` it is data and a score: nothing can be trained.

    ``objectives`` and ``limits`` hold where neither the command line nor a file says otherwise; they are written as
    there. ``metrics`` are further scores by name, recorded with every model, for objectives and limits to name.
    """

    summary: str
    input_range: tuple[float, float]  # every input lies in it
    metric: str  # what ``score`` returns; more is better
    score: Score  # of outputs [sample, ...] and targets
    load_data: Callable[[], Data]
    loss: str = _CLASSES_LOSS  # a loss of Keras, by its name
    plan: TrainingPlan = TrainingPlan(
        epochs=30, batch_size=32, learning_rate=1e-2, patience=5, fine_tune_epochs=8, fine_tune_learning_rate=5e-3
    )
    families: Mapping[str, Family] = field(default_factory=dict)
    metrics: Mapping[str, Score] = field(default_factory=dict)
    objectives: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()

    @property
    def scores(self) -> Mapping[str, Score]:
        """All scores by name, ``metric`` first."""
        return {self.metric: self.score, **self.metrics}

    @property
    def has_classes(self) -> bool:
        """Whether the loss takes the number of a class as the target of each sample."""
        return self.loss == _CLASSES_LOSS


def accuracy(outputs: Floats, targets: Array) -> float:
    """Return the share of samples whose largest output is the target class; ``outputs`` is [sample, class]."""
    return float(np.mean(np.argmax(outputs, axis=-1) == targets))
