# SPDX-License-Identifier: Apache-2.0
"""RELU_N1_TO_1: scales of input and output equal and different."""

from __future__ import annotations

from tests.ops.elementwise import UnaryContract


class TestReluN1To1(UnaryContract):
    operator = "RELU_N1_TO_1"
    dtypes = ("int8", "float32")
