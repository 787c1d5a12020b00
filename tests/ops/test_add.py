# SPDX-License-Identifier: Apache-2.0
"""ADD: of equal shapes, broadcast, with a constant, of a tensor with itself."""

from __future__ import annotations

import dataclasses

import numpy as np

from harness.testing.models import OperatorSpec
from harness.testing.operators import EDGE_CHANNELS, OperatorContract, single_operator
from harness.testing.tensors import activation


class TestAdd(OperatorContract):
    operator = "ADD"

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        depth = EDGE_CHANNELS[number % len(EDGE_CHANNELS)]
        height, width = (int(n) for n in rng.integers(2, 7, size=2))
        whole = (1, height, width, depth)
        first, second = (
            (whole, whole),
            (whole, (depth,)),
            ((1, 1, 1, depth), whole),
            (whole, (1, 1)),
            ((1, height, 1, depth), (1, height, width, 1)),
            (whole, (1, 1, width, 1)),
        )[number % 6]
        shape = tuple(np.broadcast_shapes(first, second))
        a = activation(rng, dtype, first)
        scale = a.scales[0] * float(10.0 ** rng.uniform(-3.0, 3.0)) if a.scales else None
        b = activation(rng, dtype, second, scale=scale)
        inputs, fed = (0, 1), [0, 1]
        if number % 4 == 3:
            values = rng.integers(-128, 128, size=second) if dtype == "int8" else rng.normal(size=second)
            b = dataclasses.replace(b, data=values.astype(dtype))
            inputs, fed = ((0, 1), (1, 0))[number % 8 == 7], [0]
        elif number % 12 == 0:
            inputs, fed = (0, 0), [0]
        largest = max(a.scales + b.scales, default=0.0)
        output = activation(rng, dtype, shape, scale=largest * float(10.0 ** rng.uniform(-2.0, 2.0)) or None)
        operator = OperatorSpec(
            op="ADD",
            inputs=inputs,
            outputs=(2,),
            options="AddOptions",
            fields={"fusedActivationFunction": number % 4},
            version=2,
        )
        return single_operator(operator, [a, b, output], inputs=fed, output=2)
