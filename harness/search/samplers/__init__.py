# SPDX-License-Identifier: Apache-2.0
"""Samplers of the driver ``optuna``: how it chooses. One module a sampler, named as ``--sampler`` names it."""

from harness.search.samplers._base import STARTUP_TRIALS, Needs, SamplerModule, Seeds, derived_seed

FAMILY = "harness.search.samplers"
DEFAULT = "tpe"

__all__ = ["DEFAULT", "FAMILY", "STARTUP_TRIALS", "Needs", "SamplerModule", "Seeds", "derived_seed"]
