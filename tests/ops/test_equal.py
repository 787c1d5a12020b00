# SPDX-License-Identifier: Apache-2.0
"""EQUAL: of equal shapes, broadcast, with a constant; scales equal and different, and below 1."""

from __future__ import annotations

from tests.ops.elementwise import ComparisonContract


class TestEqual(ComparisonContract):
    operator = "EQUAL"
    options = "EqualOptions"
