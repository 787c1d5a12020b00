# SPDX-License-Identifier: Apache-2.0
"""MAX_POOL_2D: all paddings, strides and fused activations."""

from __future__ import annotations

from tests.ops.pools import PoolContract


class TestMaxPool2D(PoolContract):
    operator = "MAX_POOL_2D"
