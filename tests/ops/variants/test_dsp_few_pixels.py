# SPDX-License-Identifier: Apache-2.0
"""The kernels with DSP instructions for few pixels: CONV_2D row by row, DEPTHWISE_CONV_2D tap by tap."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from harness.boards import load_board
from harness.ops import choose_variant, parse_layer
from harness.passes import simplify
from harness.testing.models import OperatorSpec
from harness.testing.operators import EDGE_CHANNELS, OperatorContract, single_operator
from harness.testing.tensors import activation, bias, constant, output_scale
from harness.tflite import read_model

_VALID = 1


class FewPixels(OperatorContract):
    """Cases of at most three pixels, all of which the variant serves."""

    dtypes = ("int8",)
    boards = ("mps2_an386",)
    cases_on_boards = 24
    cores = ()
    variant: ClassVar[str] = ""

    def test_every_case_is_served_by_it(self) -> None:
        features = load_board("mps2_an386").core.features
        for number, model in enumerate(self.models("int8", self.cases_on_boards)):
            graph = simplify(read_model(model, name=f"case {number}"))
            assert choose_variant(parse_layer(graph.nodes[0], graph), features).name == self.variant


class TestConv2DDspRow(FewPixels):
    operator = "CONV_2D"
    variant = "dsp_row"

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        depth = (*EDGE_CHANNELS, 40, 64)[number % (len(EDGE_CHANNELS) + 2)]
        channels = (16, 9, 8, 33)[number % 4]
        taps = ((1, 1), (3, 1), (5, 1), (2, 3), (1, 4))[number % 5]
        size = (taps[0], taps[1] + (taps[0] == 1) * (number % 3)) if taps != (1, 1) else (1, 1 + number % 2)
        pixels = (1, 1 + number % 2) if taps == (1, 1) else (1, 1)
        step = 1 if taps == (1, 1) else size[1]  # one pixel alone, though the input may be wider
        source = activation(rng, dtype, (1, *size, depth))
        weights = constant(rng, dtype, (channels, *taps, depth), per_channel=number % 2 == 0)
        reach = taps[0] * taps[1] * depth
        output = activation(rng, dtype, (1, *pixels, channels), scale=output_scale(rng, source, weights, reach, 0))
        tensors = [source, weights, output, bias(rng, source, weights, channels, reach)]
        fields = {"padding": _VALID, "strideH": step, "strideW": step, "fusedActivationFunction": (0, 1, 3)[number % 3]}
        operator = OperatorSpec(
            op="CONV_2D",
            inputs=(0, 1, 3),
            outputs=(2,),
            options="Conv2DOptions",
            fields=fields | {"dilationHFactor": 1, "dilationWFactor": 1},
            version=3,
        )
        return single_operator(operator, tensors, inputs=[0], output=2)


class TestDepthwiseConv2DDspTaps(FewPixels):
    operator = "DEPTHWISE_CONV_2D"
    variant = "dsp_taps"

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        depth = (4, 8, 12, 40, 64)[number % 5]
        taps = ((5, 1), (23, 1), (3, 3), (1, 7), (2, 5), (4, 4))[number % 6]
        pixels = (1, 1 + (number % 4 == 3 and min(taps) > 1))
        size = (taps[0] + pixels[0] - 1, taps[1] + pixels[1] - 1)
        source = activation(rng, dtype, (1, *size, depth))
        weights = constant(rng, dtype, (1, *taps, depth), axis=3, per_channel=number % 2 == 0)
        reach = taps[0] * taps[1]
        output = activation(rng, dtype, (1, *pixels, depth), scale=output_scale(rng, source, weights, reach, 3))
        tensors = [source, weights, output, bias(rng, source, weights, depth, reach)]
        fields = {"padding": _VALID, "strideH": 1, "strideW": 1, "fusedActivationFunction": (0, 1, 3)[number % 3]}
        operator = OperatorSpec(
            op="DEPTHWISE_CONV_2D",
            inputs=(0, 1, 3),
            outputs=(2,),
            options="DepthwiseConv2DOptions",
            fields=fields | {"depthMultiplier": 1, "dilationHFactor": 1, "dilationWFactor": 1},
            version=3,
        )
        return single_operator(operator, tensors, inputs=[0], output=2)


del FewPixels  # it is collected by its subclasses alone
