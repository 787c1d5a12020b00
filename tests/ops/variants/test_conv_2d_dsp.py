# SPDX-License-Identifier: Apache-2.0
"""CONV_2D by SMLAD: channels, windows and paddings that blocks of four pixels by two channels do not divide."""

from __future__ import annotations

import numpy as np

from harness.boards import load_board
from harness.ops import choose_variant, parse_layer
from harness.passes import simplify
from harness.testing.models import OperatorSpec
from harness.testing.operators import EDGE_CHANNELS, OperatorContract, single_operator
from harness.testing.tensors import activation, bias, constant, output_scale
from harness.tflite import read_model


class TestConv2DDsp(OperatorContract):
    operator = "CONV_2D"
    dtypes = ("int8",)
    boards = ("mps2_an386",)
    cases_on_boards = 24
    cores = ()

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        depth = EDGE_CHANNELS[number % len(EDGE_CHANNELS)]
        channels = EDGE_CHANNELS[(number // 3 + number) % len(EDGE_CHANNELS)]
        pointwise = number % 3 == 0
        height, width = (int(n) for n in rng.integers(3, 10, size=2))
        if number % 2:
            width = 8  # rows of whole blocks: the output may lie over the input
        taps = (1, 1) if pointwise else tuple(int(n) for n in rng.integers(1, 4, size=2))
        stride = (1, 1) if pointwise else tuple(int(n) for n in rng.integers(1, 3, size=2))
        same = number % 4 != 1
        source = activation(rng, dtype, (1, height, width, depth))
        weights = constant(rng, dtype, (channels, *taps, depth), per_channel=number % 2 == 0)
        size = [
            -(-extent // step) if same else (extent - reach + step) // step
            for extent, reach, step in zip((height, width), taps, stride, strict=True)
        ]
        reach = taps[0] * taps[1] * depth
        output = activation(rng, dtype, (1, *size, channels), scale=output_scale(rng, source, weights, reach, 0))
        tensors = [source, weights, output, bias(rng, source, weights, channels, reach)]
        fields = {
            "padding": 0 if same else 1,
            "strideH": stride[0],
            "strideW": stride[1],
            "dilationHFactor": 1,
            "dilationWFactor": 1,
            "fusedActivationFunction": (0, 1, 3)[number % 3 if pointwise else (number // 3) % 3],
        }
        operator = OperatorSpec(
            op="CONV_2D", inputs=(0, 1, 3), outputs=(2,), options="Conv2DOptions", fields=fields, version=3
        )
        return single_operator(operator, tensors, inputs=[0], output=2)

    def test_every_case_is_served_by_it(self) -> None:
        features = load_board("mps2_an386").core.features
        for number, model in enumerate(self.models("int8", self.cases_on_boards)):
            graph = simplify(read_model(model, name=f"case {number}"))
            assert choose_variant(parse_layer(graph.nodes[0], graph), features).name == "dsp"
