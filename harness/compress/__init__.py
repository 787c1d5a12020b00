# SPDX-License-Identifier: Apache-2.0
"""Techniques that make a trained network smaller or cheaper. One module a technique."""

from harness.compress._apply import (
    apply_steps,
    describe_technique,
    describe_techniques,
    load_technique,
    parameters_of_steps,
    suggest_steps,
    technique_names,
)
from harness.compress._base import FineTune, Network, Stage, Technique, TechniqueFacts, Types

__all__ = [
    "FineTune",
    "Network",
    "Stage",
    "Technique",
    "TechniqueFacts",
    "Types",
    "apply_steps",
    "describe_technique",
    "describe_techniques",
    "load_technique",
    "parameters_of_steps",
    "suggest_steps",
    "technique_names",
]
