# SPDX-License-Identifier: Apache-2.0
"""What both pools are tested with: all paddings, strides and fused activations."""

from __future__ import annotations

import numpy as np

from harness.testing.models import OperatorSpec, TensorSpec
from harness.testing.operators import EDGE_CHANNELS, OperatorContract, single_operator
from harness.testing.tensors import activation


class PoolContract(OperatorContract):
    """Subclass it with the operator's name."""

    dtypes = ("int8", "int16", "float32")

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        depth = EDGE_CHANNELS[number % len(EDGE_CHANNELS)]
        taps = tuple(int(n) for n in rng.integers(1, 6, size=2))
        stride = tuple(int(n) for n in rng.integers(1, 5, size=2))
        same = number % 2 == 0
        extents = tuple(max(int(rng.integers(4, 13)), reach) for reach in taps)
        size = [
            -(-extent // step) if same else (extent - reach + step) // step
            for extent, reach, step in zip(extents, taps, stride, strict=True)
        ]
        batch = 2 if number % 11 == 10 else 1
        source = activation(rng, dtype, (batch, *extents, depth))
        output = TensorSpec(
            shape=(batch, *size, depth), dtype=dtype, scales=source.scales, zero_points=source.zero_points
        )
        fields = {
            "padding": 0 if same else 1,
            "strideH": stride[0],
            "strideW": stride[1],
            "filterHeight": taps[0],
            "filterWidth": taps[1],
            "fusedActivationFunction": number % 4,
        }
        operator = OperatorSpec(
            op=self.operator, inputs=(0,), outputs=(1,), options="Pool2DOptions", fields=fields, version=2
        )
        return single_operator(operator, [source, output], inputs=[0], output=1)
