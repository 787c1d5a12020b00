# SPDX-License-Identifier: Apache-2.0
"""DEPTHWISE_CONV_2D by SMLAD, channel by channel: a plane of 16-bit numbers with its padding, then pairs of taps.

A channel's plane is small. Once it is copied, the output may lie over the input whatever the strides are: pixel p of
channel c is element ``p * channels + c`` of both, so that a channel is written over itself alone. Filters of 3x3 have a
loop of their own that holds all weights in registers and computes two outputs at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.ops._base import Constant, Layer, Lowered, Number, Variant
from harness.ops._window import Axis
from harness.ops.depthwise_conv_2d import Parameters, macs
from harness.ops.variants._bounded import folded_sums
from harness.ops.variants._depthwise import channels_by_taps, is_dense
from harness.ops.variants._dsp import FEATURE, are_served, channel_table, is_positive, is_whole

_PLANE_BYTES = 2048  # of a band, where the output has memory of its own
_PLANE_BYTES_IN_PLACE = 4096  # of a whole channel, where that saves the output's memory
_TURNS = 3  # pairs of outputs in one turn of the 3x3 loop
_LDRD_REACH = 1020
_STORE_REACH = 4095
_MAX_TAP_PAIRS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planes:
    """How channels are copied: ``band`` output rows at a time, rows ``pitch`` numbers apart."""

    rows: Axis
    columns: Axis
    pitch: int
    band: int
    in_place: bool

    @property
    def plane_rows(self) -> int:
        return (self.band - 1) * self.rows.stride + self.rows.filter

    @property
    def plane_bytes(self) -> int:
        return -(-self.plane_rows * self.pitch // 2) * 4


def accepts(layer: Layer, features: frozenset[str]) -> bool:
    """Accept dense int8 of one batch, without dilation, whose sums are far from 32 bits."""
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    window = parameters.window
    return (
        FEATURE in features
        and is_dense(layer)
        and window.height.filter * -(-window.width.filter // 2) <= _MAX_TAP_PAIRS
        and are_served(channels_by_taps(layer), layer.inputs[2], parameters)
    )


def lower(layer: Layer) -> Lowered:
    """Lower to planes of one channel; constants are stored channel by channel."""
    parameters, (source, _, bias) = layer.parameters, layer.inputs
    assert isinstance(parameters, Parameters)
    assert source is not None
    matrix = channels_by_taps(layer)
    sums = folded_sums(matrix, bias, parameters.input_zero)
    planes = _planes(layer)
    taps = matrix.reshape(len(sums), planes.rows.filter, planes.columns.filter)
    square = _is_square(layer, planes)
    numbers: dict[str, Number] = {
        "input_rows": planes.rows.input,
        "input_columns": planes.columns.input,
        "output_rows": planes.rows.output,
        "output_columns": planes.columns.output,
        "filter_rows": planes.rows.filter,
        "tap_pairs": -(-planes.columns.filter // 2),
        "stride_rows": planes.rows.stride,
        "stride_columns": planes.columns.stride,
        "pad_rows": planes.rows.pad,
        "pad_columns": planes.columns.pad,
        "padded": parameters.window.padded,
        "copied": min(planes.columns.input, planes.pitch - planes.columns.pad),
        "pitch": planes.pitch,
        "band": planes.band,
        "plane_rows": planes.plane_rows,
        "plane_words": planes.plane_bytes // 4,
        "input_depth": source.shape[3],
        "output_depth": len(sums),
        "depth_multiplier": parameters.multiplier,
        "input_zero": parameters.input_zero,
        "output_offset": 2 * parameters.output_zero + 1,
        "positive": is_positive(parameters.range, parameters.output_zero),
        "whole": is_whole(parameters.range),
        **parameters.range.numbers(),
        "square": square,
        "turns": _turns(planes),
    }
    scaling = np.ascontiguousarray(channel_table(sums, parameters.multipliers).T)
    if square:
        # Of a row's taps w0 w1 w2 the word w0 w1 w1 w2 becomes the pairs (w0, w1) and (w1, w2).
        rows = np.zeros((len(sums), 3, 4), np.int8)
        rows[:, :, :] = taps[:, :, (0, 1, 1, 2)]
        packed = np.ascontiguousarray(rows).view(np.int32).reshape(len(sums), 3)
        table = np.ascontiguousarray(np.concatenate([packed, scaling], axis=1))
        constants: tuple[Constant, ...] = (Constant(name="channels", values=table, role="weights"),)
    else:
        even = np.zeros((*taps.shape[:2], -(-taps.shape[2] // 2) * 2), np.int16)
        even[:, :, : taps.shape[2]] = taps
        constants = (
            Constant(name="weights", values=even, role="weights"),
            Constant(name="channels", values=scaling, role="requantization"),
        )
    return Lowered(
        template="ops/depthwise_conv_2d/dsp.c.j2",
        numbers=numbers,
        constants=constants,
        scratch_bytes=planes.plane_bytes,
        helpers=("dsp",),
    )


def _planes(layer: Layer) -> _Planes:
    """Lay out planes; a column of pixels is taken for a row, so that its taps are neighbours."""
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    rows, columns = parameters.window.height, parameters.window.width
    if columns.input == columns.filter == columns.output == 1:
        rows, columns = columns, rows
    reach = (columns.output - 1) * columns.stride + columns.filter
    # The loops read pairs, and pairs of pairs: up to three numbers more than the last window has.
    pitch = max(reach + 3, columns.pad + min(columns.input, reach)) // 2 * 2
    separate = parameters.multiplier == 1
    whole = _Planes(rows=rows, columns=columns, pitch=pitch, band=rows.output, in_place=separate)
    if whole.plane_bytes <= _PLANE_BYTES:
        return whole
    fitting = (_PLANE_BYTES // (2 * pitch) - rows.filter) // rows.stride + 1
    bands = -(-rows.output // max(1, fitting))
    band = -(-rows.output // bands)
    ahead = separate and all(_reads_ahead(rows, columns, first) for first in range(band, rows.output, band))
    if separate and not ahead and whole.plane_bytes <= _PLANE_BYTES_IN_PLACE:
        return whole
    return _Planes(rows=rows, columns=columns, pitch=pitch, band=band, in_place=ahead)


def _copied(layer: Layer) -> int:
    """Return how many numbers are copied into planes."""
    planes = _planes(layer)
    bands = -(-planes.rows.output // planes.band)
    return layer.outputs[0].shape[3] * bands * planes.plane_rows * planes.columns.input


def _reads_ahead(rows: Axis, columns: Axis, first: int) -> bool:
    """Tell whether the outputs before row ``first`` lie before every pixel that this row and later ones read."""
    return first * columns.output <= max(0, first * rows.stride - rows.pad) * columns.input


def _turns(planes: _Planes) -> int:
    """Return the pairs of outputs that one turn of the 3x3 loop computes, a divisor of a row's; 0 where it has none."""
    pairs = planes.columns.output // 2
    return max((turns for turns in range(1, _TURNS + 1) if pairs % turns == 0), default=1) if pairs else 0


def _is_square(layer: Layer, planes: _Planes) -> bool:
    """Tell whether the 3x3 loop serves, whose loads and stores have small constant offsets."""
    rows, columns = planes.rows, planes.columns
    channels = layer.outputs[0].shape[3]
    return (
        rows.filter == columns.filter == 3
        and rows.stride == columns.stride <= 2
        and 4 * planes.pitch + 8 * _TURNS + 8 <= _LDRD_REACH
        and (2 * _TURNS - 1) * channels <= _STORE_REACH
    )


VARIANTS = (
    Variant(
        name="dsp",
        operator="DEPTHWISE_CONV_2D",
        accepts=accepts,
        lower=lower,
        cost=lambda layer: 1.5 * macs(layer) + 12.0 * layer.outputs[0].elements + 4.0 * _copied(layer),
        in_place=lambda layer: (0,) if _planes(layer).in_place else (),
    ),
)
