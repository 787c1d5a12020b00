# SPDX-License-Identifier: Apache-2.0
"""NSGA-II: a genetic algorithm that keeps the best fronts of each generation, the less crowded first.

doi:10.1109/4235.996017
"""

from __future__ import annotations

from typing import Any

from optuna.samplers import NSGAIISampler

from harness.search.samplers import _genetic
from harness.search.samplers._base import Needs, Seeds


class _Sampler(_genetic.Replaying, NSGAIISampler):
    def __init__(self, seeds: Seeds) -> None:
        self.seeds = seeds
        NSGAIISampler.__init__(self, **_genetic.settings(seeds))


NEEDS = Needs(ranked=True, minimised=True, generation_key=_Sampler._get_generation_key())


def create(seeds: Seeds) -> Any:
    """Return the sampler for one proposal."""
    return _Sampler(seeds)
