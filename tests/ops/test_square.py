# SPDX-License-Identifier: Apache-2.0
"""SQUARE, of floats."""

from __future__ import annotations

from tests.ops.elementwise import UnaryContract


class TestSquare(UnaryContract):
    operator = "SQUARE"
    options = "SquareOptions"
    dtypes = ("float32",)
