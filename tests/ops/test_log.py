# SPDX-License-Identifier: Apache-2.0
"""LOG: all answers of the table, those without a logarithm among them."""

from __future__ import annotations

from tests.ops.elementwise import UnaryContract


class TestLog(UnaryContract):
    operator = "LOG"
    version = 2
