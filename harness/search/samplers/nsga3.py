# SPDX-License-Identifier: Apache-2.0
"""NSGA-III: a genetic algorithm that keeps the best fronts of each generation, spread over reference points.

doi:10.1109/TEVC.2013.2281535
"""

from __future__ import annotations

from typing import Any

from optuna.samplers import NSGAIIISampler

from harness.search.samplers import _genetic
from harness.search.samplers._base import Needs, Seeds


class _Sampler(_genetic.Replaying, NSGAIIISampler):
    def __init__(self, seeds: Seeds) -> None:
        self.seeds = seeds
        NSGAIIISampler.__init__(self, **_genetic.settings(seeds))


NEEDS = Needs(ranked=True, minimised=True, generation_key=_Sampler._get_generation_key())


def create(seeds: Seeds) -> Any:
    """Return the sampler for one proposal."""
    return _Sampler(seeds)
