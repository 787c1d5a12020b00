# SPDX-License-Identifier: Apache-2.0
"""DEPTHWISE_CONV_2D: all paddings, strides, dilations, depth multipliers and fused activations."""

from __future__ import annotations

import numpy as np

from harness.testing.models import OperatorSpec
from harness.testing.operators import EDGE_CHANNELS, OperatorContract, single_operator
from harness.testing.tensors import activation, bias, constant, output_scale


class TestDepthwiseConv2D(OperatorContract):
    operator = "DEPTHWISE_CONV_2D"
    dtypes = ("int8", "int16", "float32", "hybrid")

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        depth = EDGE_CHANNELS[number % len(EDGE_CHANNELS)]
        multiplier = 1 if number % 3 else int(rng.integers(1, 5))
        channels = depth * multiplier
        taps = tuple(int(n) for n in rng.integers(1, 6, size=2))
        dilation = (1, 1) if number % 4 else tuple(int(n) for n in rng.integers(1, 4, size=2))
        stride = (1, 1) if max(dilation) > 1 else tuple(int(n) for n in rng.integers(1, 4, size=2))
        same = number % 3 != 1
        extents = tuple(
            max(int(rng.integers(4, 12)), (reach - 1) * spacing + 1)
            for reach, spacing in zip(taps, dilation, strict=True)
        )
        size = [
            -(-extent // step) if same else (extent - (reach - 1) * spacing - 1 + step) // step
            for extent, reach, step, spacing in zip(extents, taps, stride, dilation, strict=True)
        ]
        batch = 2 if number % 11 == 10 else 1
        source = activation(rng, dtype, (batch, *extents, depth))
        weights = constant(rng, dtype, (1, *taps, channels), axis=3, per_channel=number % 2 == 0 or dtype == "hybrid")
        scale = output_scale(rng, source, weights, taps[0] * taps[1], number)
        output = activation(rng, dtype, (batch, *size, channels), scale=scale)
        tensors = [source, weights, output]
        if with_bias := number % 5 != 4:
            tensors.append(bias(rng, source, weights, channels, taps[0] * taps[1]))
        fields = {
            "padding": 0 if same else 1,
            "strideH": stride[0],
            "strideW": stride[1],
            "dilationHFactor": dilation[0],
            "dilationWFactor": dilation[1],
            "depthMultiplier": multiplier,
            "fusedActivationFunction": number % 4,
        }
        operator = OperatorSpec(
            op="DEPTHWISE_CONV_2D",
            inputs=(0, 1, 3) if with_bias else (0, 1),
            outputs=(2,),
            options="DepthwiseConv2DOptions",
            fields=fields,
            version=3,
        )
        return single_operator(operator, tensors, inputs=[0], output=2)
