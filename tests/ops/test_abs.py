# SPDX-License-Identifier: Apache-2.0
"""ABS: with and without another scale."""

from __future__ import annotations

from tests.ops.elementwise import UnaryContract


class TestAbs(UnaryContract):
    operator = "ABS"
    options = "AbsOptions"
    version = 2
