# SPDX-License-Identifier: Apache-2.0
"""TRANSPOSE_CONV: paddings, strides, biases, scales of channels and fused activations."""

from __future__ import annotations

import numpy as np

from harness.testing.operators import EDGE_CHANNELS
from harness.testing.tensors import activation, bias, constant, output_scale
from tests.ops.moving import HostContract, numbers, one


class TestTransposeConv(HostContract):
    operator = "TRANSPOSE_CONV"
    dtypes = ("int8", "int16", "float32", "hybrid")

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        depth, channels = EDGE_CHANNELS[number % 8], EDGE_CHANNELS[int(rng.integers(8))]
        height, width = (int(n) for n in rng.integers(1, 6, size=2))
        taps = tuple(int(n) for n in rng.integers(1, 5, size=2))
        stride = tuple(int(n) for n in rng.integers(1, 4, size=2))
        same = number % 2 == 0
        size = [
            extent * step if same else (extent - 1) * step + reach
            for extent, step, reach in zip((height, width), stride, taps, strict=True)
        ]
        batch = 2 if number % 5 == 4 else 1
        whole = activation(rng, dtype, (batch, height, width, depth))
        weights = constant(rng, dtype, (channels, *taps, depth), per_channel=number % 3 == 0)
        reach = taps[0] * taps[1] * depth
        bits = 32 if dtype == "int16" and number % 6 == 1 else None
        output = activation(
            rng, dtype, (batch, *size, channels), scale=output_scale(rng, whole, weights, reach, number)
        )
        biases = [bias(rng, whole, weights, channels, reach, bits=bits)] if number % 3 else []
        return one(
            "TRANSPOSE_CONV",
            [numbers(batch, *size, channels), weights, whole, *biases, output],
            options="TransposeConvOptions",
            version=4,
            padding=0 if same else 1,
            strideH=stride[0],
            strideW=stride[1],
            fusedActivationFunction=number % 4,
            quantizedBiasType=2 if bits == 32 else 0,
        )
