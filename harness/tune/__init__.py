# SPDX-License-Identifier: Apache-2.0
"""Tuning: which variant of each layer's kernel is fastest on a board, measured there, and the files that say so."""

from harness.tune.objective import OBJECTIVES, Objective, default_objective, find_objective
from harness.tune.plan_file import LayerPlan, PlanFile, read_plan, write_plan
from harness.tune.request import Bench, TuneRequest, TuneResult
from harness.tune.run import tune

__all__ = [
    "OBJECTIVES",
    "Bench",
    "LayerPlan",
    "Objective",
    "PlanFile",
    "TuneRequest",
    "TuneResult",
    "default_objective",
    "find_objective",
    "read_plan",
    "tune",
    "write_plan",
]
