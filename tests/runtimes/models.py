# SPDX-License-Identifier: Apache-2.0
"""Models of a few operators for the tests of runtimes."""

from __future__ import annotations

import numpy as np

from harness.testing.models import OperatorSpec, TensorSpec, build_model


def quantized(shape: tuple[int, ...], *, name: str = "t", zero: int = 3) -> TensorSpec:
    """An int8 tensor of the scale 0.05."""
    return TensorSpec(shape=shape, scales=(0.05,), zero_points=(zero,), name=name)


def small_network(*, names: str = "t", channels: int = 5, seed: int = 1) -> bytes:
    """CONV_2D, ADD of its output to the input, AVERAGE_POOL_2D, RESHAPE, FULLY_CONNECTED; all tensors called alike."""
    rng = np.random.default_rng(seed)
    image = (1, 6, 6, channels)
    tensors = [
        quantized(image, name=names),
        TensorSpec(
            shape=(channels, 3, 3, channels),
            data=rng.integers(-127, 128, (channels, 3, 3, channels)).astype(np.int8),
            scales=tuple(float(s) for s in rng.uniform(0.001, 0.01, channels)),
            name=names,
        ),
        TensorSpec(
            shape=(channels,), dtype="int32", data=rng.integers(-900, 900, channels).astype(np.int32), name=names
        ),
        quantized(image, name=names),
        quantized(image, name=names),
        quantized((1, 2, 2, channels), name=names),
        quantized((1, 4 * channels), name=names),
        TensorSpec(
            shape=(4, 4 * channels),
            data=rng.integers(-127, 128, (4, 4 * channels)).astype(np.int8),
            scales=(0.01,),
            name=names,
        ),
        quantized((1, 4), name=names),
    ]
    conv = {"strideH": 1, "strideW": 1, "fusedActivationFunction": 0}
    pool = {"padding": 1, "strideH": 3, "strideW": 3, "filterHeight": 3, "filterWidth": 3}
    flat = {"newShape": (1, 4 * channels)}
    operators = [
        OperatorSpec(op="CONV_2D", inputs=(0, 1, 2), outputs=(3,), options="Conv2DOptions", fields=conv, version=3),
        OperatorSpec(op="ADD", inputs=(0, 3), outputs=(4,), options="AddOptions", version=2),
        OperatorSpec(op="AVERAGE_POOL_2D", inputs=(4,), outputs=(5,), options="Pool2DOptions", fields=pool, version=2),
        OperatorSpec(op="RESHAPE", inputs=(5,), outputs=(6,), options="ReshapeOptions", fields=flat),
        OperatorSpec(op="FULLY_CONNECTED", inputs=(6, 7, -1), outputs=(8,), options="FullyConnectedOptions", version=4),
    ]
    return build_model(tensors, operators, inputs=[0], outputs=[8])
