# SPDX-License-Identifier: Apache-2.0
"""What the convolutions share that copy the windows of a few pixels first; ``lower_windows`` byte by byte in turn.

The padding is filled with the zero point, so that one loop serves all pixels of all layers, the input's offset is in
the bias, and the output may lie over what has been copied.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from harness.ops._base import Constant, Layer, Lowered, Number
from harness.ops._overlap import window_distance
from harness.ops.conv_2d import Parameters
from harness.ops.variants._bounded import folded_sums, scaling_of

Bytes = NDArray[np.int8]
TAPS = 4  # in one turn of the loops
_KERNELS = {"scale_up": "up", "scale_away": "away", "requantize": "any"}


def is_dense(layer: Layer) -> bool:
    """Tell whether a layer is dense int8 of one batch, without groups and dilation."""
    if layer.signature != "s8s8" or layer.weight_format != "dense":
        return False
    parameters, source = layer.parameters, layer.inputs[0]
    assert isinstance(parameters, Parameters)
    assert source is not None
    window = parameters.window
    return source.shape[0] == 1 and parameters.groups == 1 and window.height.dilation == window.width.dilation == 1


def is_pointwise(layer: Layer) -> bool:
    """Tell whether each output pixel comes from the one input pixel at its place."""
    weights, parameters = layer.inputs[1], layer.parameters
    assert isinstance(parameters, Parameters)
    assert weights is not None
    window = parameters.window
    return weights.shape[1:3] == (1, 1) and window.height.stride == window.width.stride == 1


def filters_of(layer: Layer) -> Bytes:
    """Return weights as channels x taps."""
    weights = layer.inputs[1]
    assert weights is not None
    assert weights.data is not None
    return weights.data.astype(np.int8).reshape(weights.shape[0], -1)


def matrix_of(layer: Layer) -> Bytes:
    """Return weights as channels x taps; zeros fill turns of the loop."""
    matrix = filters_of(layer)
    padded = np.zeros((len(matrix), -(-matrix.shape[1] // TAPS) * TAPS), np.int8)
    padded[:, : matrix.shape[1]] = matrix
    return padded


def lower_windows(
    layer: Layer, *, together: int, sums: str, kernels: str = "", tap_bytes: int, order: Callable[[Bytes], Bytes]
) -> Lowered:
    """Lower to copies of the windows of ``together`` pixels and calls of a kernel that has them all.

    ``sums`` names its helper, which needs ``tap_bytes`` for a tap of all pixels; ``kernels`` is how its kernels' names
    begin where they do otherwise; ``order`` is how it reads weights.
    """
    parameters, (source, weights, bias) = layer.parameters, layer.inputs
    assert isinstance(parameters, Parameters)
    assert source is not None
    assert weights is not None
    matrix = matrix_of(layer)
    scales = scaling_of(matrix, bias, parameters)
    kernel = f"{kernels or sums}_{_KERNELS[scales.kind]}"
    numbers: dict[str, Number] = parameters.window.numbers() | {
        "pixels_together": together,
        "sums": sums,
        "kernel": kernel,
        "input_depth": source.shape[3],
        "output_depth": len(matrix),
        "taps": weights.elements // len(matrix),
        "window_bytes": matrix.shape[1],
        "run": weights.shape[2] * source.shape[3],
        "scale_step": scales.step,
        "input_zero": parameters.input_zero,
        **parameters.numbers(),
    }
    return Lowered(
        template="ops/conv_2d/blocked.c.j2",
        numbers=numbers,
        constants=(
            Constant(name="weights", values=order(matrix), role="weights"),
            Constant(name="bias", values=folded_sums(matrix, bias, parameters.input_zero), role="weights"),
            *scales.tables(),
        ),
        scratch_bytes=tap_bytes * matrix.shape[1],
        helpers=("requantize", sums, kernel),
    )


def windows_overlap(layer: Layer, together: int) -> int:
    """Return the distance: the windows of all pixels of a turn are copied before any of them is written."""
    parameters, source, output = layer.parameters, layer.inputs[0], layer.outputs[0]
    assert isinstance(parameters, Parameters)
    assert source is not None
    return window_distance(
        parameters.window,
        batch=1,
        input_pixel_bytes=source.shape[3],
        output_pixel_bytes=output.shape[3],
        within_pixel_bytes=None,
        pixels_together=together,
    )


def pixels_of(layer: Layer) -> int:
    """Return how many pixels a layer computes."""
    _, height, width, _ = layer.outputs[0].shape
    return height * width


def filled(layer: Layer, together: int) -> float:
    """Return by how much pixels are more where turns of ``together`` are filled up: 1 or more."""
    pixels = pixels_of(layer)
    return -(-pixels // together) * together / pixels
