# SPDX-License-Identifier: Apache-2.0
"""CONV_2D in portable C: two pixels by four channels, so that each weight is read once for two pixels.

Windows of two pixels are copied first, byte by byte in turn, the padding filled with the zero point, so that one loop
serves all pixels of all layers, the input's offset is in the bias, and the output may lie over what has been copied.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.ops._base import Constant, Layer, Lowered, Number, Variant
from harness.ops._overlap import window_distance
from harness.ops._quantized import Multiplier, fold_offset, requantization
from harness.ops.conv_2d import Parameters, macs

_PIXELS = 2
_CHANNELS = 4
_TAPS = 4  # in one turn of the loop


def accepts(layer: Layer, _features: frozenset[str]) -> bool:
    """Accept dense int8 of one batch, without groups and dilation."""
    if layer.signature != "s8s8" or layer.weight_format != "dense":
        return False
    parameters, source = layer.parameters, layer.inputs[0]
    assert isinstance(parameters, Parameters)
    assert source is not None
    window = parameters.window
    return source.shape[0] == 1 and parameters.groups == 1 and window.height.dilation == window.width.dilation == 1


def lower(layer: Layer) -> Lowered:
    """Lower to copies of windows and products with weights of four channels at a time."""
    parameters, (source, weights, bias) = layer.parameters, layer.inputs
    assert isinstance(parameters, Parameters)
    assert source is not None
    assert weights is not None
    assert weights.data is not None
    matrix = weights.data.astype(np.int8).reshape(weights.shape[0], -1)
    channels, taps = matrix.shape
    sums = fold_offset(
        None if bias is None or bias.data is None else bias.data.astype(np.int32), matrix, -parameters.input_zero
    )
    run = weights.shape[2] * source.shape[3]
    scaling, multipliers, shifts = _scales(parameters.multipliers)
    numbers: dict[str, Number] = (
        parameters.window.numbers()
        | scaling
        | {
            "input_depth": source.shape[3],
            "output_depth": channels,
            "taps": taps,
            "window_bytes": _window_bytes(taps),
            "run": run,
            "scale_step": min(1, len(shifts) - 1),
            "input_zero": parameters.input_zero,
            "output_zero": parameters.output_zero,
            "low": parameters.range.low,
            "high": parameters.range.high,
        }
    )
    return Lowered(
        template="ops/conv_2d/blocked.c.j2",
        numbers=numbers,
        constants=(
            Constant(name="weights", values=_by_fours(matrix), role="weights"),
            Constant(name="bias", values=np.zeros(channels, np.int32) if sums is None else sums, role="weights"),
            Constant(name="multipliers", values=multipliers, role="requantization"),
            Constant(name="shifts", values=shifts, role="requantization"),
        ),
        scratch_bytes=_PIXELS * _window_bytes(taps),
        helpers=(
            "requantize",
            "clamp_s8",
            "two_pixels" if scaling["requantize"] == "requantize_right" else "two_pixels_any",
        ),
    )


def overlap(layer: Layer) -> int:
    """Return the distance: the windows of two pixels are copied before any of the two is written."""
    parameters, source, output = layer.parameters, layer.inputs[0], layer.outputs[0]
    assert isinstance(parameters, Parameters)
    assert source is not None
    return window_distance(
        parameters.window,
        batch=1,
        input_pixel_bytes=source.shape[3],
        output_pixel_bytes=output.shape[3],
        within_pixel_bytes=None,
        pixels_together=_PIXELS,
    )


def _window_bytes(taps: int) -> int:
    return -(-taps // _TAPS) * _TAPS


def _scales(multipliers: tuple[Multiplier, ...]) -> tuple[dict[str, Number], NDArray[np.int32], NDArray[np.int8]]:
    """Return how to requantize, multipliers and shifts: one where all channels agree."""
    numbers, tables = requantization(multipliers)
    if tables:
        return numbers, tables[0].values.astype(np.int32), tables[1].values.astype(np.int8)
    return numbers, np.array([numbers["multiplier"]], np.int32), np.array([numbers["shift"]], np.int8)


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
        lower=lower,
        cost=lambda layer: 3.0 * macs(layer) + 30.0 * layer.outputs[0].elements,
        overlap=overlap,
    ),
)
