# SPDX-License-Identifier: Apache-2.0
"""ADD: of equal shapes, broadcast, with a constant, of a tensor with itself."""

from __future__ import annotations

import dataclasses

import numpy as np

from harness.testing.models import OperatorSpec
from harness.testing.operators import EDGE_CHANNELS, OperatorContract, single_operator
from harness.testing.tensors import REACH, activation


class TestAdd(OperatorContract):
    operator = "ADD"
    dtypes = ("int8", "int16", "float32")

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
            values = rng.normal(size=second) if dtype == "float32" else rng.integers(*REACH[dtype], size=second)
            b = dataclasses.replace(b, data=values.astype(dtype))
            inputs, fed = ((0, 1), (1, 0))[number % 8 == 7], [0]
        elif number % 12 == 0:
            inputs, fed = (0, 0), [0]
        if dtype == "int16" and number % 6 == 0:  # scales that are powers of two are only shifted
            a, b = (dataclasses.replace(tensor, scales=(scale,)) for tensor, scale in ((a, 2.0**-12), (b, 2.0**-15)))
        largest = max(a.scales + b.scales, default=0.0)
        output = activation(rng, dtype, shape, scale=largest * float(10.0 ** rng.uniform(-2.0, 2.0)) or None)
        if dtype == "int16" and number % 6 == 0:
            output = dataclasses.replace(output, scales=a.scales)
        operator = OperatorSpec(
            op="ADD",
            inputs=inputs,
            outputs=(2,),
            options="AddOptions",
            fields={"fusedActivationFunction": number % 4},
            version=2,
        )
        return single_operator(operator, [a, b, output], inputs=fed, output=2)
