# SPDX-License-Identifier: Apache-2.0
"""A firmware on a rig: opened, measured, and held against the golden outputs."""

from harness.measure.observe import Observed, observe
from harness.measure.rig import Rig, open_emulated, open_real
from harness.measure.verify import GoldenSet, prepare_golden, verify

__all__ = [
    "GoldenSet",
    "Observed",
    "Rig",
    "observe",
    "open_emulated",
    "open_real",
    "prepare_golden",
    "verify",
]
