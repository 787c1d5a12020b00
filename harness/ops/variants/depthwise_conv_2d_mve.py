# SPDX-License-Identifier: Apache-2.0
"""DEPTHWISE_CONV_2D by vectors of 16 channels: products of 16 bits, added two and two before they are widened.

Sixteen channels at a time, called a slice. Of a slice as many rows as the filter has are kept in scratch, with their
padding. Pixel p of channel c is element ``p * channels + c`` of input and output, so that a slice is written over
itself alone, and over rows that are copied already.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.ops._base import Constant, Layer, Lowered, Number, Variant
from harness.ops._window import Window
from harness.ops.depthwise_conv_2d import Parameters
from harness.ops.variants._bounded import folded_sums
from harness.ops.variants._depthwise import channels_by_taps, is_dense
from harness.ops.variants._dsp import are_served, is_positive, is_whole
from harness.ops.variants._mve import FEATURE, LANES, WORDS, round_up

_MOST_TAPS = 49  # they are unrolled
_MOST_ROWS = 7  # a register for each
_PAIR_LIMIT = 255  # 128 times as much is below 2**15


def accepts(layer: Layer, features: frozenset[str]) -> bool:
    """Accept dense int8 of one batch, one filter a channel, without dilation, whose sums are far from 32 bits."""
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    if FEATURE not in features or not is_dense(layer) or parameters.multiplier != 1:
        return False
    window = _window(layer)
    matrix = channels_by_taps(layer)
    return (
        matrix.shape[1] <= _MOST_TAPS
        and window.height.filter <= _MOST_ROWS
        and bool((_pair_sums(matrix) <= _PAIR_LIMIT).all())
        and are_served(matrix, layer.inputs[2], parameters)
    )


def lower(layer: Layer) -> Lowered:
    """Lower to slices of 16 channels; constants are stored slice by slice."""
    parameters, bias = layer.parameters, layer.inputs[2]
    assert isinstance(parameters, Parameters)
    matrix = channels_by_taps(layer)
    channels = len(matrix)
    sums = folded_sums(matrix, bias, parameters.input_zero)
    window = _window(layer)
    paired = _is_paired(layer)
    pixel_bytes = LANES // 2 if paired else LANES
    pitch = round_up(_columns(layer) * pixel_bytes, LANES)  # rows are filled by whole vectors
    positive = is_positive(parameters.range, parameters.output_zero)
    square = window.height.filter == window.width.filter == 3 and not paired
    numbers: dict[str, Number] = window.numbers() | {
        "depth": channels,
        "paired": paired,
        "pixel_bytes": pixel_bytes,
        "pitch": pitch,
        "copied": min(window.width.input, _columns(layer) - window.width.pad),
        "positive": positive,
        "kernel": ("mve_depthwise_3x3_positive" if positive else "mve_depthwise_3x3") if square else "",
        "input_zero": parameters.input_zero,
        **parameters.numbers(),
        "whole": is_whole(parameters.range),
    }
    multipliers = parameters.multipliers * (channels if len(parameters.multipliers) == 1 else 1)
    table = np.array([sums, [m.value for m in multipliers], [m.shift if m.value else 0 for m in multipliers]], np.int32)
    return Lowered(
        template="ops/depthwise_conv_2d/mve.c.j2",
        numbers=numbers,
        constants=(
            Constant(name="weights", values=_slices(matrix, paired=paired), role="weights", alignment=8),
            Constant(name="channels", values=_lane_order(table, paired=paired), role="requantization", alignment=8),
        ),
        scratch_bytes=window.height.filter * pitch,
        helpers=("mve", "mve_depthwise", *([str(numbers["kernel"])] if square else [])),
    )


def in_place(layer: Layer) -> tuple[int, ...]:
    """Let the output lie over the input where no row of it is complete before the input's pixels there are copied."""
    window = _window(layer)
    rows, columns = window.height, window.width
    copied = [y * rows.stride - rows.pad + rows.filter for y in range(rows.output)]
    return (
        (0,)
        if all(
            end >= rows.input or (y + 1) * columns.output <= max(0, end) * columns.input for y, end in enumerate(copied)
        )
        else ()
    )


def cost(layer: Layer) -> float:
    """Return the instructions of the vectors and of the copies of rows."""
    source, weights, _ = layer.inputs
    assert source is not None
    assert weights is not None
    channels, taps = weights.shape[3], weights.shape[1] * weights.shape[2]
    vectors = layer.outputs[0].elements / channels * (0.5 if _is_paired(layer) else round_up(channels, LANES) / LANES)
    return vectors * (50.0 + 9.5 * taps) + source.elements / channels * round_up(channels, LANES) / LANES * 4.0


def _pair_sums(matrix: NDArray[np.int8]) -> NDArray[np.int64]:
    """Return the sums of the magnitudes of each two taps, which are added in 16 bits."""
    even = np.zeros((len(matrix), round_up(matrix.shape[1], 2)), np.int64)
    even[:, : matrix.shape[1]] = np.abs(matrix.astype(np.int64))
    return np.asarray(even.reshape(len(matrix), -1, 2).sum(axis=2))


def _window(layer: Layer) -> Window:
    """Return the window; a column of pixels is taken for a row, so that one call serves all of it."""
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    window = parameters.window
    if window.width.input == window.width.filter == window.width.output == 1:
        return Window(height=window.width, width=window.height)
    return window


def _is_paired(layer: Layer) -> bool:
    """Tell whether a vector holds two neighbouring pixels of eight channels."""
    columns = _window(layer).width
    return layer.outputs[0].shape[3] == LANES // 2 and columns.stride == 1 and columns.output % 2 == 0


def _columns(layer: Layer) -> int:
    """Return the columns of a row with its padding."""
    columns = _window(layer).width
    return (columns.output - 1) * columns.stride + columns.filter


def _slices(matrix: NDArray[np.int8], *, paired: bool) -> NDArray[np.int8]:
    """Return weights as slices x taps x 16 channels; paired, the eight channels twice."""
    lanes = np.concatenate([matrix, matrix]) if paired else matrix
    padded = np.zeros((round_up(len(lanes), LANES), lanes.shape[1]), np.int8)
    padded[: len(lanes)] = lanes
    return np.ascontiguousarray(padded.reshape(-1, LANES, lanes.shape[1]).transpose(0, 2, 1))


def _lane_order(table: NDArray[np.int32], *, paired: bool) -> NDArray[np.int32]:
    """Return biases, multipliers and shifts slice by slice, in the order in which products are widened.

    VMULLB takes the even bytes, VMULLT the odd ones, VMOVLB and VMOVLT do so again: channels 0 4 8 12, then 2 6 10 14,
    1 5 9 13 and 3 7 11 15.
    """
    lanes = np.concatenate([table, table], axis=1) if paired else table
    padded = np.zeros((3, round_up(lanes.shape[1], LANES)), np.int32)
    padded[:, : lanes.shape[1]] = lanes
    quarters = padded.reshape(3, -1, WORDS, WORDS).transpose(1, 0, 3, 2)[:, :, (0, 2, 1, 3)]
    return np.ascontiguousarray(quarters)


VARIANTS = (
    Variant(name="mve", operator="DEPTHWISE_CONV_2D", accepts=accepts, lower=lower, cost=cost, in_place=in_place),
)
