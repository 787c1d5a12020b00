# SPDX-License-Identifier: Apache-2.0
"""MAXIMUM: of equal shapes, broadcast, with a constant."""

from __future__ import annotations

from tests.ops.elementwise import BinaryContract


class TestMaximum(BinaryContract):
    operator = "MAXIMUM"
    options = "MaximumMinimumOptions"
    second_scale = (0.0, 0.0)
