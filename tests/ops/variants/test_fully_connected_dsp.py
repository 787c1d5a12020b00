# SPDX-License-Identifier: Apache-2.0
"""FULLY_CONNECTED by SMLAD: inputs and outputs that blocks of four do not divide, several rows, scales by output."""

from __future__ import annotations

import numpy as np

from harness.boards import load_board
from harness.ops import choose_variant, parse_layer
from harness.passes import simplify
from harness.testing.models import OperatorSpec
from harness.testing.operators import EDGE_CHANNELS, OperatorContract, single_operator
from harness.testing.tensors import activation, bias, constant, output_scale
from harness.tflite import read_model


class TestFullyConnectedDsp(OperatorContract):
    operator = "FULLY_CONNECTED"
    dtypes = ("int8",)
    boards = ("mps2_an386",)
    cases_on_boards = 24
    cores = ()

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        depth = (*EDGE_CHANNELS, 64, 127, 130)[number % (len(EDGE_CHANNELS) + 3)]
        channels = EDGE_CHANNELS[number % len(EDGE_CHANNELS)]
        rows = 1 if number % 3 else 1 + number % 4
        source = activation(rng, dtype, (rows, depth))
        weights = constant(rng, dtype, (channels, depth), per_channel=number % 2 == 1)
        output = activation(rng, dtype, (rows, channels), scale=output_scale(rng, source, weights, depth, 0))
        tensors = [source, weights, output, bias(rng, source, weights, channels, depth)]
        operator = OperatorSpec(
            op="FULLY_CONNECTED",
            inputs=(0, 1, 3),
            outputs=(2,),
            options="FullyConnectedOptions",
            fields={"fusedActivationFunction": (0, 1, 3)[(number // 2) % 3], "keepNumDims": False},
            version=4,
        )
        return single_operator(operator, tensors, inputs=[0], output=2)

    def test_every_case_is_served_by_it(self) -> None:
        features = load_board("mps2_an386").core.features
        served = []
        for number, model in enumerate(self.models("int8", self.cases_on_boards)):
            graph = simplify(read_model(model, name=f"case {number}"))
            served.append(choose_variant(parse_layer(graph.nodes[0], graph), features).name)
        assert served.count("dsp") >= self.cases_on_boards - 4  # the smallest are cheaper without it
