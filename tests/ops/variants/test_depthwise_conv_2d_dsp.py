# SPDX-License-Identifier: Apache-2.0
"""DEPTHWISE_CONV_2D by SMLAD: 3x3 and other filters, odd extents, strides, images one pixel wide, multipliers."""

from __future__ import annotations

import numpy as np

from harness.boards import load_board
from harness.ops import choose_variant, parse_layer
from harness.passes import simplify
from harness.testing.models import OperatorSpec
from harness.testing.operators import EDGE_CHANNELS, OperatorContract, single_operator
from harness.testing.tensors import activation, bias, constant, output_scale
from harness.tflite import read_model


class TestDepthwiseConv2DDsp(OperatorContract):
    operator = "DEPTHWISE_CONV_2D"
    dtypes = ("int8",)
    boards = ("mps2_an386",)
    cases_on_boards = 24
    cores = ()

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        depth = EDGE_CHANNELS[number % len(EDGE_CHANNELS)]
        kind = number % 4
        multiplier = 2 if number % 7 == 6 else 1
        taps = (3, 3) if kind < 2 else (int(rng.integers(1, 8)), 1) if kind == 2 else (2, int(rng.integers(1, 6)))
        step = 1 + (number // 4) % 2
        stride = (step, step) if kind < 2 else (step, 1)
        same = number % 3 != 1
        height, width = (int(n) for n in rng.integers(7, 12, size=2))
        if kind == 2:
            width = 1
        elif number in {4, 5}:  # a plane so large that it is computed in bands; in place, since strides are 2
            height, width = 41, 40
        extents = (height, width)
        size = [
            -(-extent // step) if same else (extent - reach + step) // step
            for extent, reach, step in zip(extents, taps, stride, strict=True)
        ]
        channels = depth * multiplier
        source = activation(rng, dtype, (1, *extents, depth))
        weights = constant(rng, dtype, (1, *taps, channels), axis=3, per_channel=number % 2 == 0)
        scale = output_scale(rng, source, weights, taps[0] * taps[1], 0)
        output = activation(rng, dtype, (1, *size, channels), scale=scale)
        tensors = [source, weights, output, bias(rng, source, weights, channels, taps[0] * taps[1])]
        fields = {
            "padding": 0 if same else 1,
            "strideH": stride[0],
            "strideW": stride[1],
            "dilationHFactor": 1,
            "dilationWFactor": 1,
            "depthMultiplier": multiplier,
            "fusedActivationFunction": (0, 1, 3)[(number // 2) % 3],
        }
        operator = OperatorSpec(
            op="DEPTHWISE_CONV_2D",
            inputs=(0, 1, 3),
            outputs=(2,),
            options="DepthwiseConv2DOptions",
            fields=fields,
            version=3,
        )
        return single_operator(operator, tensors, inputs=[0], output=2)

    def test_every_case_is_served_by_it(self) -> None:
        features = load_board("mps2_an386").core.features
        for number, model in enumerate(self.models("int8", self.cases_on_boards)):
            graph = simplify(read_model(model, name=f"case {number}"))
            assert choose_variant(parse_layer(graph.nodes[0], graph), features).name == "dsp"
