# SPDX-License-Identifier: Apache-2.0
"""Everything at random, nothing learned: what the other samplers are compared with."""

from __future__ import annotations

from typing import Any

import optuna

from harness.search.samplers._base import Needs, Seeds

NEEDS = Needs()


def create(seeds: Seeds) -> Any:
    """Return the sampler for one proposal."""
    return optuna.samplers.RandomSampler(seed=seeds.proposal)
