# SPDX-License-Identifier: Apache-2.0
"""TANH: all answers of the table, shapes and edge channels."""

from __future__ import annotations

from tests.ops.elementwise import UnaryContract


class TestTanh(UnaryContract):
    operator = "TANH"
    version = 2
    output = (1 / 128, 0)
    output_16 = 1 / 32768
