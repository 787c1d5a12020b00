# SPDX-License-Identifier: Apache-2.0
"""RESHAPE: by a shape in the file or in the options."""

from __future__ import annotations

import numpy as np

from harness.testing.models import OperatorSpec, TensorSpec
from harness.testing.operators import EDGE_CHANNELS, OperatorContract, single_operator
from tests.ops.moving import alike, source


class TestReshape(OperatorContract):
    operator = "RESHAPE"
    dtypes = ("int8", "int16", "float32", "int32")

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        depth = EDGE_CHANNELS[number % len(EDGE_CHANNELS)]
        height, width = (int(n) for n in rng.integers(1, 6, size=2))
        shape = ((1, height * width * depth), (height, width * depth), (1, width, depth, height))[number % 3]
        given = source(rng, dtype, (1, height, width, depth))
        output = alike(given, shape)
        wanted = TensorSpec(shape=(len(shape),), dtype="int32", data=np.array(shape, np.int32))
        operator = OperatorSpec(
            op="RESHAPE",
            inputs=(0, 2) if number % 2 else (0,),
            outputs=(1,),
            options="ReshapeOptions",
            fields={"newShape": list(shape)},
        )
        return single_operator(operator, [given, output, wanted], inputs=[0], output=1)
