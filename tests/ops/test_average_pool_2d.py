# SPDX-License-Identifier: Apache-2.0
"""AVERAGE_POOL_2D: all paddings, strides and fused activations."""

from __future__ import annotations

from tests.ops.pools import PoolContract


class TestAveragePool2D(PoolContract):
    operator = "AVERAGE_POOL_2D"
