# SPDX-License-Identifier: Apache-2.0
"""What the genetic samplers share: generations that a replay finds again, and children in a space with branches.

Optuna's samplers cross only parameters that every trial has. In a space where each family has parameters of its own
those are few, and the rest would be drawn at random. Here a child takes each parameter from one of the parents that
have it, so that a child of two dense networks is bred in all its parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseGASampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from harness.search.samplers._base import STARTUP_TRIALS, Needs, Seeds, derived_seed

# Studies have tens of trials: a generation of Optuna's default of 50 would leave all of them random.
POPULATION = STARTUP_TRIALS
CROSSOVER_SHARE = 0.9  # of the children; the others have one parent
MUTATION_LIMIT = 0.5  # of the parameters of a child: a space of one or two must not become a search at random
MUTATION_WIDTH = 0.2  # of a number's range: the standard deviation of a step


def replaying(base: Any) -> type[Replaying]:
    """Return one of Optuna's genetic samplers as one that makes the same generations, resumed or not."""

    class Sampler(Replaying, base):  # type: ignore[misc]
        def __init__(self, seeds: Seeds) -> None:
            self.seeds = seeds
            strategy = Children(seeds.proposal)
            base.__init__(self, population_size=POPULATION, seed=seeds.proposal, child_generation_strategy=strategy)

    return Sampler


def needs(sampler: type[Replaying]) -> Needs:
    """Return what the driver must tell such a sampler."""
    return Needs(ranked=True, minimised=True, generation_key=sampler._get_generation_key())


class Replaying(BaseGASampler):
    """Before one of Optuna's genetic samplers in a class's bases.

    Parents are chosen by a seed of their generation, not of the proposal that happens to be the first one to ask.
    """

    seeds: Seeds

    def __init__(self, seeds: Seeds) -> None:
        raise NotImplementedError

    def select_parent(self, study: Study, generation: int) -> list[FrozenTrial]:
        """Return the parents of a generation."""
        seed = derived_seed(self.seeds.study, "generation", generation)
        twin = type(self)(replace(self.seeds, proposal=seed))
        return super(Replaying, twin).select_parent(study, generation)  # type: ignore[safe-super]

    def get_parent_population(self, study: Study, generation: int) -> list[FrozenTrial]:
        """Return the parents of a generation, always in the same order."""
        return sorted(super().get_parent_population(study, generation), key=lambda trial: trial.number)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:  # noqa: ARG002 - Optuna's
        """Return the parameters of all complete trials, but for those whose bounds depend on others."""
        found: dict[str, list[BaseDistribution]] = {}
        for each in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
            for name, distribution in each.distributions.items():
                found.setdefault(name, []).append(distribution)
        return {name: seen[0] for name, seen in found.items() if all(each == seen[0] for each in seen)}


class Children:
    """Makes a child's parameters of those of its parents; what it leaves out is drawn at random."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)

    def __call__(
        self,
        study: Study,  # noqa: ARG002 - Optuna's interface
        search_space: Mapping[str, BaseDistribution],
        parents: Sequence[FrozenTrial],
    ) -> dict[str, Any]:
        first = self._winner(parents)
        child = dict(first.params)
        others = [parent for parent in parents if parent is not first]
        if others and self._random.random() < CROSSOVER_SHARE:
            child = self._crossed(child, self._winner(others).params)
        kept = {name: value for name, value in sorted(child.items()) if name in search_space}
        return self._mutated(kept, search_space)

    def _crossed(self, first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
        """Return each parameter of either parent; one that both have from either, with equal chance."""
        child = {}
        for name in sorted({*first, *second}):
            source = first if self._random.random() < 0.5 else second
            child[name] = source[name] if name in source else (first if name in first else second)[name]
        return child

    def _mutated(self, child: Mapping[str, Any], search_space: Mapping[str, BaseDistribution]) -> dict[str, Any]:
        """Return a child with one of its parameters changed, on average: a number by a step, a choice left out."""
        share = min(MUTATION_LIMIT, 1.0 / max(1, len(child)))
        mutated = {}
        for name, value in child.items():
            distribution = search_space[name]
            if self._random.random() >= share:
                mutated[name] = value
            elif isinstance(distribution, (FloatDistribution, IntDistribution)):
                mutated[name] = self._stepped(value, distribution)
        return mutated

    def _stepped(self, value: float, distribution: FloatDistribution | IntDistribution) -> float:
        """Return a number some way off, on the grid and within the bounds of its distribution."""
        low, high = distribution.low, distribution.high
        moved = value + self._random.normal() * MUTATION_WIDTH * (high - low)
        if isinstance(distribution, IntDistribution):
            moved = low + round((moved - low) / distribution.step) * distribution.step
            return int(min(max(moved, low), low + (high - low) // distribution.step * distribution.step))
        return float(min(max(moved, low), high))

    def _winner(self, parents: Sequence[FrozenTrial]) -> FrozenTrial:
        """Return the better one of two that are drawn; the second where neither is better."""
        one, other = (parents[int(place)] for place in self._random.integers(len(parents), size=2))
        return one if _beats(one, other) else other


def _beats(one: FrozenTrial, other: FrozenTrial) -> bool:
    """Constrained domination, less being better in all objectives (Deb et al. 2002, definition 1)."""
    violations = [sum(value for value in trial.constraints.values() if value > 0) for trial in (one, other)]
    if any(violations):
        return violations[0] < violations[1]
    pairs = list(zip(one.values, other.values, strict=True))
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)
