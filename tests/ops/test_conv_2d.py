# SPDX-License-Identifier: Apache-2.0
"""CONV_2D: all paddings, strides, dilations, groups and fused activations."""

from __future__ import annotations

import numpy as np

from harness.testing.models import OperatorSpec
from harness.testing.operators import EDGE_CHANNELS, OperatorContract, single_operator
from harness.testing.tensors import activation, bias, constant, output_scale


class TestConv2D(OperatorContract):
    operator = "CONV_2D"
    dtypes = ("int8", "int16", "float32", "hybrid")

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        depth = EDGE_CHANNELS[number % len(EDGE_CHANNELS)]
        channels = int(rng.choice(EDGE_CHANNELS))
        groups = 1
        if number % 8 == 7:
            groups, depth, channels = ((2, 4, 6), (3, 9, 12), (4, 4, 4))[int(rng.integers(3))]
        height, width = (int(n) for n in rng.integers(5, 12, size=2))
        filter_height, filter_width = (int(n) for n in rng.integers(1, 5, size=2))
        dilation = (1, 1) if number % 4 else tuple(int(n) for n in rng.integers(1, 4, size=2))
        stride = (1, 1) if max(dilation) > 1 else tuple(int(n) for n in rng.integers(1, 4, size=2))
        same = number % 3 != 0
        height = max(height, (filter_height - 1) * dilation[0] + 1)
        width = max(width, (filter_width - 1) * dilation[1] + 1)
        batch = 2 if number % 11 == 10 else 1
        taps = filter_height * filter_width * depth // groups
        source = activation(rng, dtype, (batch, height, width, depth))
        weights = constant(
            rng,
            dtype,
            (channels, filter_height, filter_width, depth // groups),
            per_channel=number % 2 == 0 or (dtype == "hybrid" and groups > 1),
        )
        size = [
            -(-extent // step) if same else (extent - (reach - 1) * spacing - 1 + step) // step
            for extent, reach, step, spacing in zip(
                (height, width), (filter_height, filter_width), stride, dilation, strict=True
            )
        ]
        bits = 32 if dtype == "int16" and number % 6 == 1 else None
        scale = output_scale(rng, source, weights, taps, number)
        output = activation(rng, dtype, (batch, *size, channels), scale=scale)
        # The reference takes no convolution without a bias.
        tensors = [source, weights, output, bias(rng, source, weights, channels, taps, bits=bits)]
        fields = {
            "padding": 0 if same else 1,
            "strideH": stride[0],
            "strideW": stride[1],
            "dilationHFactor": dilation[0],
            "dilationWFactor": dilation[1],
            "fusedActivationFunction": number % 4,
            "quantizedBiasType": 2 if bits == 32 else 0,
        }
        operator = OperatorSpec(
            op="CONV_2D", inputs=(0, 1, 3), outputs=(2,), options="Conv2DOptions", fields=fields, version=3
        )
        return single_operator(operator, tensors, inputs=[0], output=2)
