# SPDX-License-Identifier: Apache-2.0
"""Optuna over several objectives, with constraints, by a sampler of the family ``harness.search.samplers``.

The study lives in memory, and is filled by what is told. Each proposal gets a sampler of its own, seeded from the seed
of the study and the number of the trial, so that nothing of a sampler's state is lost with the process.
"""

from __future__ import annotations

import importlib
import math
import random
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, cast

from harness import registry
from harness.errors import UserError
from harness.records import Parameters
from harness.search.drivers._base import Define, Driver
from harness.search.figures import Direction
from harness.search.outcome import Status
from harness.search.samplers import DEFAULT, FAMILY, STARTUP_TRIALS, SamplerModule, Seeds, derived_seed
from harness.tasks import Choice, FixedSpace, RecordingSpace, Space

_EXPLORED = 400  # random walks through a space, which find its branches


def create(define: Define, directions: Sequence[Direction], seed: int, sampler: str = DEFAULT) -> Driver:
    """Return a driver that was told nothing yet.

    Raises UserError where Optuna, or what the sampler needs, is not installed, and for an unknown sampler.
    """
    return _Optuna(define, directions, seed, sampler)


class _Optuna:
    def __init__(self, define: Define, directions: Sequence[Direction], seed: int, sampler: str) -> None:
        self._optuna = _import()
        self._optuna.logging.set_verbosity(self._optuna.logging.ERROR)  # its warnings are for whoever tunes it
        with _quiet():
            self._module = cast(SamplerModule, registry.load(FAMILY, sampler))
        needs = self._module.NEEDS
        self._define = define
        self._seed = seed
        self._signs = [-1.0 if needs.minimised and direction == "maximize" else 1.0 for direction in directions]
        told = ["minimize"] * len(directions) if needs.minimised else list(directions)
        self._study = self._optuna.create_study(directions=told, sampler=self._sampler(0))
        self._absent = self._branches() if needs.every_name else _Distributions(self._optuna, FixedSpace({}))
        self._ranked = 0  # trials told with values
        self._worst = [-math.inf] * len(directions)

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
        needs, states = self._module.NEEDS, self._optuna.trial.TrialState
        distributions = _Distributions(self._optuna, FixedSpace(dict(parameters)))
        self._define(distributions)
        signed = [sign * value for sign, value in zip(self._signs, values, strict=False)]
        if needs.ranked and status in (Status.INFEASIBLE, Status.STOPPED) and not values:
            signed = [0.0 if worst == -math.inf else worst for worst in self._worst]
        # What was measured and breaks a limit teaches the sampler as much as what keeps to all.
        state = states.COMPLETE if signed else states.FAIL if status is Status.FAILED else states.PRUNED
        constraint = math.log1p(violation) if needs.log_violation else violation
        self._study.add_trial(
            self._optuna.trial.create_trial(
                state=state,
                values=signed or None,
                params={**self._absent.values, **dict(parameters)},
                distributions={**self._absent.found, **distributions.found},
                constraints={} if status is Status.FAILED else {"violation": constraint},
                system_attrs=self._attributes() if signed else None,
            )
        )
        self._ranked += bool(signed)
        if values:
            self._worst = [max(worst, value) for worst, value in zip(self._worst, signed, strict=True)]

    def _attributes(self) -> dict[str, int]:
        key = self._module.NEEDS.generation_key
        return {} if key is None else {key: self._ranked // STARTUP_TRIALS}

    def _sampler(self, number: int) -> Any:
        with _quiet():
            return self._module.create(Seeds(study=self._seed, proposal=derived_seed(self._seed, number)))

    def _branches(self) -> _Distributions:
        """Return every parameter of the space by its middle value, but for those whose bounds depend on others."""
        walk = _Distributions(self._optuna, _Walk(random.Random(0)))
        for _ in range(_EXPLORED):
            self._define(walk)
        for name in walk.differing:
            del walk.found[name]
        walk.values.update({name: _middle(distribution) for name, distribution in walk.found.items()})
        return walk


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
    """Passes on to another space, and notes which distribution of Optuna each parameter was drawn from."""

    optuna: ModuleType
    inner: Space
    found: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    differing: set[str] = field(default_factory=set)  # found more than once, and not the same

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1) -> int:
        self._note(name, self.optuna.distributions.IntDistribution(low, high, step=step))
        return self.inner.suggest_int(name, low, high, step=step)

    def suggest_float(self, name: str, low: float, high: float) -> float:
        self._note(name, self.optuna.distributions.FloatDistribution(low, high))
        return self.inner.suggest_float(name, low, high)

    def suggest_categorical(self, name: str, choices: tuple[Choice, ...]) -> Choice:
        self._note(name, self.optuna.distributions.CategoricalDistribution(choices))
        return self.inner.suggest_categorical(name, choices)

    def _note(self, name: str, distribution: Any) -> None:
        if self.found.setdefault(name, distribution) != distribution:
            self.differing.add(name)


@dataclass(frozen=True, slots=True)
class _Walk:
    """A space that is walked through at random."""

    random: random.Random

    def suggest_int(self, _name: str, low: int, high: int, *, step: int = 1) -> int:
        return self.random.randrange(low, high + 1, step)

    def suggest_float(self, _name: str, low: float, high: float) -> float:
        return self.random.uniform(low, high)

    def suggest_categorical(self, _name: str, choices: tuple[Choice, ...]) -> Choice:
        return self.random.choice(choices)


def _middle(distribution: Any) -> Any:
    """Return the middle of a distribution of Optuna; the first choice of one that has no order."""
    if hasattr(distribution, "choices"):
        return distribution.choices[0]
    low, high, step = distribution.low, distribution.high, distribution.step
    return (low + high) / 2 if step is None else low + (high - low) // step // 2 * step


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
    """Silence the warnings that grouping and breeding are experimental."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
