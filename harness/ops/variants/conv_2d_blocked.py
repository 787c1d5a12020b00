# SPDX-License-Identifier: Apache-2.0
"""CONV_2D in portable C: two or four pixels by four channels, so that each weight is read once for all the pixels.

Windows of the pixels are copied first, byte by byte in turn, the padding filled with the zero point, so that one loop
serves all pixels of all layers, the input's offset is in the bias, and the output may lie over what has been copied.
Four pixels need sixteen sums in registers: cores with thirty-one of them.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from harness.ops._base import Constant, Layer, Lowered, Number, Variant
from harness.ops._overlap import window_distance
from harness.ops.conv_2d import Parameters, macs
from harness.ops.variants._bounded import SUM_LIMIT, are_below, folded_sums, scaling

_CHANNELS = 4
_TAPS = 4  # in one turn of the loop
_MANY_REGISTERS = "rv32m"
_KERNELS = {"scale_up": "up", "scale_away": "away", "requantize": "any"}
_COUNTS = {2: "two", 4: "four"}


def accepts(layer: Layer, _features: frozenset[str]) -> bool:
    """Accept dense int8 of one batch, without groups and dilation."""
    if layer.signature != "s8s8" or layer.weight_format != "dense":
        return False
    parameters, source = layer.parameters, layer.inputs[0]
    assert isinstance(parameters, Parameters)
    assert source is not None
    window = parameters.window
    return source.shape[0] == 1 and parameters.groups == 1 and window.height.dilation == window.width.dilation == 1


def lower(layer: Layer, together: int) -> Lowered:
    """Lower to copies of windows and products of ``together`` pixels with weights of four channels at a time."""
    parameters, (source, weights, bias) = layer.parameters, layer.inputs
    assert isinstance(parameters, Parameters)
    assert source is not None
    assert weights is not None
    assert weights.data is not None
    matrix = weights.data.astype(np.int8).reshape(weights.shape[0], -1)
    channels, taps = matrix.shape
    scales = scaling(
        parameters.multipliers,
        parameters.range,
        parameters.output_zero,
        small=are_below(SUM_LIMIT, matrix, bias, parameters.input_zero),
    )
    sums = f"sums_of_{_COUNTS[together]}"
    kernel = f"{sums}_{_KERNELS[scales.kind]}"
    numbers: dict[str, Number] = parameters.window.numbers() | {
        "pixels_together": together,
        "sums": sums,
        "kernel": kernel,
        "input_depth": source.shape[3],
        "output_depth": channels,
        "taps": taps,
        "window_bytes": _window_bytes(taps),
        "run": weights.shape[2] * source.shape[3],
        "scale_step": scales.step,
        "input_zero": parameters.input_zero,
        "output_zero": parameters.output_zero,
        "low": parameters.range.low,
        "high": parameters.range.high,
    }
    return Lowered(
        template="ops/conv_2d/blocked.c.j2",
        numbers=numbers,
        constants=(
            Constant(name="weights", values=_by_fours(matrix), role="weights"),
            Constant(name="bias", values=folded_sums(matrix, bias, parameters.input_zero), role="weights"),
            *scales.tables(),
        ),
        scratch_bytes=together * _window_bytes(taps),
        helpers=("requantize", "clamp_s8", sums, kernel),
    )


def overlap(layer: Layer, together: int) -> int:
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


def cost(layer: Layer, together: int) -> float:
    """Count pixels as filled up to whole turns."""
    output = layer.outputs[0]
    _, height, width, channels = output.shape
    pixels = -(-height * width // together) * together
    per_mac = 2.0 + 1.0 / together + 1.0 / _CHANNELS
    return per_mac * macs(layer) * pixels / (height * width) + 20.0 * pixels * channels


def _window_bytes(taps: int) -> int:
    return -(-taps // _TAPS) * _TAPS


def _by_fours(matrix: NDArray[np.int8]) -> NDArray[np.int8]:
    """Return weights tap by tap for each four channels, then those of each channel that is left; zeros fill turns."""
    padded = np.zeros((len(matrix), _window_bytes(matrix.shape[1])), np.int8)
    padded[:, : matrix.shape[1]] = matrix
    whole = len(matrix) // _CHANNELS * _CHANNELS
    fours = padded[:whole].reshape(-1, _CHANNELS, padded.shape[1]).transpose(0, 2, 1)
    return np.concatenate([fours.reshape(-1), padded[whole:].reshape(-1)])


VARIANTS = (
    Variant(
        name="blocked",
        operator="CONV_2D",
        accepts=accepts,
        lower=partial(lower, together=2),
        cost=partial(cost, together=2),
        overlap=partial(overlap, together=2),
    ),
    Variant(
        name="blocked_4",
        operator="CONV_2D",
        accepts=lambda layer, features: _MANY_REGISTERS in features and accepts(layer, features),
        lower=partial(lower, together=4),
        cost=partial(cost, together=4),
        overlap=partial(overlap, together=4),
    ),
)
