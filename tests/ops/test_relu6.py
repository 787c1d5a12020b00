# SPDX-License-Identifier: Apache-2.0
"""RELU6: scales of input and output equal and different."""

from __future__ import annotations

from tests.ops.elementwise import UnaryContract


class TestRelu6(UnaryContract):
    operator = "RELU6"
    version = 2
