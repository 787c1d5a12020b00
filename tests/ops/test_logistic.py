# SPDX-License-Identifier: Apache-2.0
"""LOGISTIC: all answers of the table, shapes and edge channels."""

from __future__ import annotations

from tests.ops.elementwise import UnaryContract


class TestLogistic(UnaryContract):
    operator = "LOGISTIC"
    version = 2
    output = (1 / 256, -128)
    output_16 = 1 / 32768
