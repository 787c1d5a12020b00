# SPDX-License-Identifier: Apache-2.0
"""Gates before cost: what is known of a candidate before it is trained, the cheapest first. One module a gate."""

from harness.search.gates._base import FAMILY, GateModule, Subject
from harness.search.gates._chain import GateTotal, Verdict, gate_totals, judge, typical_seconds, useful_gates
from harness.search.gates._duplicate import first_of_model, of_candidate, of_model

__all__ = [
    "FAMILY",
    "GateModule",
    "GateTotal",
    "Subject",
    "Verdict",
    "first_of_model",
    "gate_totals",
    "judge",
    "of_candidate",
    "of_model",
    "typical_seconds",
    "useful_gates",
]
