# SPDX-License-Identifier: Apache-2.0
"""NEG: the stored numbers are negated."""

from __future__ import annotations

from tests.ops.elementwise import UnaryContract


class TestNeg(UnaryContract):
    operator = "NEG"
    options = "NegOptions"
