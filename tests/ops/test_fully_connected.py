# SPDX-License-Identifier: Apache-2.0
"""FULLY_CONNECTED: one or several rows, with and without bias, one scale or one per channel."""

from __future__ import annotations

import numpy as np

from harness.testing.models import OperatorSpec
from harness.testing.operators import EDGE_CHANNELS, OperatorContract, single_operator
from harness.testing.tensors import activation, bias, constant, output_scale


class TestFullyConnected(OperatorContract):
    operator = "FULLY_CONNECTED"
    dtypes = ("int8", "int16", "float32", "hybrid")

    def case(self, rng: np.random.Generator, dtype: str, number: int) -> bytes:
        depth = int(rng.choice([1, 2, 3, 7, 8, 64, 257]))
        channels = EDGE_CHANNELS[number % len(EDGE_CHANNELS)]
        rows = 1 if number % 3 else int(rng.integers(1, 5))
        keep = rows > 1 and number % 2 == 0
        source = activation(rng, dtype, (1, rows, depth) if keep else (rows, depth))
        weights = constant(rng, dtype, (channels, depth), per_channel=number % 4 == 3)
        bits = 32 if dtype == "int16" and number % 6 == 1 and number % 5 != 4 else None
        scale = output_scale(rng, source, weights, depth, number)
        output = activation(rng, dtype, (1, rows, channels) if keep else (rows, channels), scale=scale)
        tensors = [source, weights, output]
        inputs: tuple[int, ...] = (0, 1, -1)
        if number % 5 != 4:
            tensors.append(bias(rng, source, weights, channels, depth, bits=bits))
            inputs = (0, 1, 3)
        operator = OperatorSpec(
            op="FULLY_CONNECTED",
            inputs=inputs,
            outputs=(2,),
            options="FullyConnectedOptions",
            fields={
                "fusedActivationFunction": number % 4,
                "keepNumDims": keep,
                "quantizedBiasType": 2 if bits == 32 else 0,
                "asymmetricQuantizeInputs": dtype == "hybrid" and number % 2 == 1,
            },
            version=4,
        )
        return single_operator(operator, tensors, inputs=[0], output=2)
