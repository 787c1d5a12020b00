# SPDX-License-Identifier: Apache-2.0
"""RELU: scales of input and output equal and different."""

from __future__ import annotations

from tests.ops.elementwise import UnaryContract


class TestRelu(UnaryContract):
    operator = "RELU"
    version = 2
