# SPDX-License-Identifier: Apache-2.0
"""BATCH_MATMUL: either operand transposed or constant, batches broadcast."""

from __future__ import annotations

import numpy as np

from harness.testing.operators import EDGE_CHANNELS
from harness.testing.tensors import activation, constant
from tests.ops.moving import HostContract, one


class TestBatchMatmul(HostContract):
    operator = "BATCH_MATMUL"
    dtypes = ("int8", "int16", "float32")

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        rows, inner, columns = (int(rng.choice(EDGE_CHANNELS)) for _ in range(3))
        batches = (((), ()), ((2,), (2,)), ((3,), (1,)), ((1,), (2,)), ((2, 1), (1, 3)), ((2,), ()))[number % 6]
        turned = (bool(number & 1), bool(number & 2))
        first = activation(rng, dtype, (*batches[0], *((inner, rows) if turned[0] else (rows, inner))))
        shape = (*batches[1], *((columns, inner) if turned[1] else (inner, columns)))
        second = activation(rng, dtype, shape)
        if number % 5 == 4:
            second = constant(rng, dtype, shape)
        scale = None
        if first.scales:
            scale = first.scales[0] * second.scales[0] * float(inner) ** 0.5 * 60.0 * float(10.0 ** rng.uniform(-1, 1))
        output = activation(rng, dtype, (*np.broadcast_shapes(*batches), rows, columns), scale=scale)
        return one(
            "BATCH_MATMUL",
            [first, second, output],
            options="BatchMatMulOptions",
            version=2,
            adjX=turned[0],
            adjY=turned[1],
        )
