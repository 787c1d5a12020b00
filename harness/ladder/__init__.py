# SPDX-License-Identifier: Apache-2.0
"""A model step by step from its float original to the board, on the same samples: which step loses accuracy?"""

from harness.ladder.climb import climb
from harness.ladder.findings import Calibration, InputUse, Ladder, Step, judge

__all__ = ["Calibration", "InputUse", "Ladder", "Step", "climb", "judge"]
