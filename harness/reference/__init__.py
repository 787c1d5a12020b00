# SPDX-License-Identifier: Apache-2.0
"""The truth that devices are held against: the TFLite reference kernels, the comparison rule, the standard inputs."""

from harness.reference.comparison import RULE, Comparison, Difference, compare
from harness.reference.distance import kernel_distance
from harness.reference.golden import Golden, describe_reference
from harness.reference.inputs import highest, lowest, pattern, seeded_random, standard_inputs, zero_point

__all__ = [
    "RULE",
    "Comparison",
    "Difference",
    "Golden",
    "compare",
    "describe_reference",
    "highest",
    "kernel_distance",
    "lowest",
    "pattern",
    "seeded_random",
    "standard_inputs",
    "zero_point",
]
