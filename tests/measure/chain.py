# SPDX-License-Identifier: Apache-2.0
"""A small int8 model that holds every operator of the search's families once, with seeded weights."""

from __future__ import annotations

import numpy as np

from harness.testing.models import OperatorSpec, TensorSpec, build_model

SEED = 20_26
OPERATORS = (
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "ADD",
    "MAX_POOL_2D",
    "AVERAGE_POOL_2D",
    "MEAN",
    "RESHAPE",
    "FULLY_CONNECTED",
    "SOFTMAX",
)


def chain_model(name: str = "tensor") -> bytes:
    """Return the bytes of the model; every tensor is called ``name``."""
    random = np.random.default_rng(SEED)

    def weights(*shape: int) -> np.ndarray:
        return random.integers(-127, 128, size=shape, dtype=np.int8)

    def bias(channels: int) -> np.ndarray:
        return random.integers(-2000, 2000, size=channels, dtype=np.int32)

    def activation(*shape: int, scale: float = 0.05, zero: int = 3) -> TensorSpec:
        return TensorSpec(shape=shape, scales=(scale,), zero_points=(zero,), name=name)

    channels = tuple(0.004 + 0.001 * k for k in range(4))
    tensors = [
        activation(1, 8, 8, 3),
        TensorSpec(shape=(4, 3, 3, 3), data=weights(4, 3, 3, 3), scales=channels, name=name),
        TensorSpec(shape=(4,), dtype="int32", data=bias(4), scales=tuple(0.05 * s for s in channels), name=name),
        activation(1, 8, 8, 4),
        TensorSpec(shape=(1, 3, 3, 4), data=weights(1, 3, 3, 4), scales=channels, axis=3, name=name),
        TensorSpec(shape=(4,), dtype="int32", data=bias(4), scales=tuple(0.05 * s for s in channels), name=name),
        activation(1, 8, 8, 4),
        activation(1, 8, 8, 4, scale=0.08, zero=-5),
        activation(1, 4, 4, 4, scale=0.08, zero=-5),
        activation(1, 2, 2, 4, scale=0.08, zero=-5),
        TensorSpec(shape=(2,), dtype="int32", data=np.array([1, 2], dtype=np.int32), name=name),
        activation(1, 1, 1, 4, scale=0.04, zero=2),
        TensorSpec(shape=(2,), dtype="int32", data=np.array([1, 4], dtype=np.int32), name=name),
        activation(1, 4, scale=0.04, zero=2),
        TensorSpec(shape=(5, 4), data=weights(5, 4), scales=(0.006,), name=name),
        TensorSpec(shape=(5,), dtype="int32", data=bias(5), scales=(0.04 * 0.006,), name=name),
        activation(1, 5, scale=0.1, zero=0),
        activation(1, 5, scale=1 / 256, zero=-128),
    ]
    pool = {"filterHeight": 2, "filterWidth": 2, "strideH": 2, "strideW": 2, "padding": 1}
    convolution = {"strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1, "padding": 0}
    operators = [
        OperatorSpec(op="CONV_2D", inputs=(0, 1, 2), outputs=(3,), options="Conv2DOptions", fields=convolution),
        OperatorSpec(
            op="DEPTHWISE_CONV_2D",
            inputs=(3, 4, 5),
            outputs=(6,),
            options="DepthwiseConv2DOptions",
            fields={**convolution, "depthMultiplier": 1},
        ),
        OperatorSpec(op="ADD", inputs=(3, 6), outputs=(7,), options="AddOptions", version=2),
        OperatorSpec(op="MAX_POOL_2D", inputs=(7,), outputs=(8,), options="Pool2DOptions", fields=pool, version=2),
        OperatorSpec(op="AVERAGE_POOL_2D", inputs=(8,), outputs=(9,), options="Pool2DOptions", fields=pool, version=2),
        OperatorSpec(
            op="MEAN", inputs=(9, 10), outputs=(11,), options="ReducerOptions", fields={"keepDims": True}, version=2
        ),
        OperatorSpec(
            op="RESHAPE", inputs=(11, 12), outputs=(13,), options="ReshapeOptions", fields={"newShape": (1, 4)}
        ),
        OperatorSpec(
            op="FULLY_CONNECTED", inputs=(13, 14, 15), outputs=(16,), options="FullyConnectedOptions", version=4
        ),
        OperatorSpec(
            op="SOFTMAX", inputs=(16,), outputs=(17,), options="SoftmaxOptions", fields={"beta": 1.0}, version=2
        ),
    ]
    return build_model(tensors, operators, inputs=(0,), outputs=(17,))
