# SPDX-License-Identifier: Apache-2.0
"""EXP: all answers of the table, up to infinity."""

from __future__ import annotations

from tests.ops.elementwise import UnaryContract


class TestExp(UnaryContract):
    operator = "EXP"
    options = "ExpOptions"
    version = 2
