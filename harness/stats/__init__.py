# SPDX-License-Identifier: Apache-2.0
"""Numbers about numbers: nothing here knows of models or boards."""

from harness.stats.dominated import dominated_shares
from harness.stats.hypervolume import hypervolume
from harness.stats.importance import Effect, Importance, permutation_importance
from harness.stats.interval import bootstrap, wilson
from harness.stats.pareto import pareto_front

__all__ = [
    "Effect",
    "Importance",
    "bootstrap",
    "dominated_shares",
    "hypervolume",
    "pareto_front",
    "permutation_importance",
    "wilson",
]
