# SPDX-License-Identifier: Apache-2.0
"""MINIMUM: of equal shapes, broadcast, with a constant."""

from __future__ import annotations

from tests.ops.elementwise import BinaryContract


class TestMinimum(BinaryContract):
    operator = "MINIMUM"
    options = "MaximumMinimumOptions"
    second_scale = (0.0, 0.0)
