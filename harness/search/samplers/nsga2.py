# SPDX-License-Identifier: Apache-2.0
"""NSGA-II: a genetic algorithm that keeps the best fronts of each generation, the less crowded first.

doi:10.1109/4235.996017
"""

from __future__ import annotations

from typing import Any

from optuna.samplers import NSGAIISampler

from harness.search.samplers import _genetic
from harness.search.samplers._base import Seeds

_SAMPLER = _genetic.replaying(NSGAIISampler)
NEEDS = _genetic.needs(_SAMPLER)


def create(seeds: Seeds) -> Any:
    """Return the sampler for one proposal."""
    return _SAMPLER(seeds)
