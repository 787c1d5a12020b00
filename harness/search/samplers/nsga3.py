# SPDX-License-Identifier: Apache-2.0
"""NSGA-III: a genetic algorithm that keeps the best fronts of each generation, spread over reference points.

doi:10.1109/TEVC.2013.2281535
"""

from __future__ import annotations

from typing import Any

from optuna.samplers import NSGAIIISampler

from harness.search.samplers import _genetic
from harness.search.samplers._base import Seeds

_SAMPLER = _genetic.replaying(NSGAIIISampler)
NEEDS = _genetic.needs(_SAMPLER)


def create(seeds: Seeds) -> Any:
    """Return the sampler for one proposal."""
    return _SAMPLER(seeds)
