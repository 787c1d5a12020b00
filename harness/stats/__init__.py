# SPDX-License-Identifier: Apache-2.0
"""Numbers about numbers: nothing here knows of models or boards."""

from harness.stats.hypervolume import hypervolume
from harness.stats.interval import bootstrap, wilson
from harness.stats.pareto import pareto_front

__all__ = ["bootstrap", "hypervolume", "pareto_front", "wilson"]
