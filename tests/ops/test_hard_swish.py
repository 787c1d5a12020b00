# SPDX-License-Identifier: Apache-2.0
"""HARD_SWISH: its 16-bit arithmetic, for scales from far below to far above that of the output."""

from __future__ import annotations

from tests.ops.elementwise import UnaryContract


class TestHardSwish(UnaryContract):
    operator = "HARD_SWISH"
    dtypes = ("int8", "float32")
    options = "HardSwishOptions"
    ratio = (-1.0, 2.0)
