# SPDX-License-Identifier: Apache-2.0
"""The multivariate tree-structured Parzen estimator, with constraints and branches: the default."""

from __future__ import annotations

from typing import Any

import optuna

from harness.search.samplers._base import STARTUP_TRIALS, Needs, Seeds

NEEDS = Needs()


def create(seeds: Seeds) -> Any:
    """Return the estimator for one proposal."""
    return optuna.samplers.TPESampler(
        seed=seeds.proposal,
        n_startup_trials=STARTUP_TRIALS,
        multivariate=True,
        group=True,  # each family and technique has parameters of its own
        constant_liar=False,
    )
