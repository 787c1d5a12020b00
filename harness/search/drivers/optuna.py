# SPDX-License-Identifier: Apache-2.0
"""Optuna: the tree-structured Parzen estimator over several objectives, with constraints.

The study lives in memory, and is filled by what is told. Each proposal gets a sampler of its own, seeded from the seed
of the study and the number of the trial, so that nothing of a sampler's state is lost with the process.
"""

from __future__ import annotations

import hashlib
import importlib
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from harness.errors import UserError
from harness.records import Parameters
from harness.search.drivers._base import Define, Driver
from harness.search.figures import Direction
from harness.search.outcome import Status
from harness.tasks import Choice, FixedSpace, RecordingSpace

STARTUP_TRIALS = 10  # proposed at random before the estimator has anything to estimate from


def create(define: Define, directions: Sequence[Direction], seed: int) -> Driver:
    """Return a driver that was told nothing yet. Raises UserError where Optuna is not installed."""
    return _Optuna(define, directions, seed)


class _Optuna:
    def __init__(self, define: Define, directions: Sequence[Direction], seed: int) -> None:
        self._optuna = _import()
        self._optuna.logging.set_verbosity(self._optuna.logging.WARNING)
        self._define = define
        self._seed = seed
        self._study = self._optuna.create_study(directions=list(directions), sampler=self._sampler(0))

    def ask(self, number: int) -> Parameters:
        self._study.sampler = self._sampler(number)
        with _quiet():
            trial = self._study.ask()
            space = RecordingSpace(_TrialSpace(trial))
            self._define(space)
        # What comes of it is told as a trial of its own, by this process or by the one that resumes.
        self._study.tell(trial, state=self._optuna.trial.TrialState.FAIL)
        return space.parameters

    def tell(self, parameters: Parameters, status: Status, values: Sequence[float], violation: float) -> None:
        states = self._optuna.trial.TrialState
        distributions = _Distributions(self._optuna, FixedSpace(dict(parameters)))
        self._define(distributions)
        # What was measured and breaks a limit teaches the sampler as much as what keeps to all.
        state = states.COMPLETE if values else {Status.INFEASIBLE: states.PRUNED, Status.FAILED: states.FAIL}[status]
        self._study.add_trial(
            self._optuna.trial.create_trial(
                state=state,
                values=list(values) or None,
                params=dict(parameters),
                distributions=distributions.found,
                constraints={} if status is Status.FAILED else {"violation": violation},
            )
        )

    def _sampler(self, number: int) -> Any:
        digest = hashlib.sha256(f"{self._seed} {number}".encode()).digest()
        with _quiet():
            return self._optuna.samplers.TPESampler(
                seed=int.from_bytes(digest[:4], "little"),
                n_startup_trials=STARTUP_TRIALS,
                multivariate=True,
                group=True,  # each family and technique has parameters of its own
                constant_liar=False,
            )


@dataclass(frozen=True, slots=True)
class _TrialSpace:
    """A trial of Optuna as a space."""

    trial: Any

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1) -> int:
        return int(self.trial.suggest_int(name, low, high, step=step))

    def suggest_float(self, name: str, low: float, high: float) -> float:
        return float(self.trial.suggest_float(name, low, high))

    def suggest_categorical(self, name: str, choices: tuple[Choice, ...]) -> Choice:
        chosen: Choice = self.trial.suggest_categorical(name, choices)
        return chosen


@dataclass(frozen=True, slots=True)
class _Distributions:
    """Replays parameters, and notes which distribution of Optuna each was drawn from."""

    optuna: ModuleType
    inner: FixedSpace
    found: dict[str, Any] = field(default_factory=dict)

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1) -> int:
        self.found[name] = self.optuna.distributions.IntDistribution(low, high, step=step)
        return self.inner.suggest_int(name, low, high, step=step)

    def suggest_float(self, name: str, low: float, high: float) -> float:
        self.found[name] = self.optuna.distributions.FloatDistribution(low, high)
        return self.inner.suggest_float(name, low, high)

    def suggest_categorical(self, name: str, choices: tuple[Choice, ...]) -> Choice:
        self.found[name] = self.optuna.distributions.CategoricalDistribution(choices)
        return self.inner.suggest_categorical(name, choices)


def _import() -> ModuleType:
    try:
        with _quiet():
            return importlib.import_module("optuna")
    except ModuleNotFoundError as error:
        raise UserError(
            f"the driver optuna needs the package {error.name}, which is not installed",
            hint="Install it with: pip install 'mcu-harness[search]'",
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence the warning that grouping is experimental."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
