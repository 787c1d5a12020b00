# SPDX-License-Identifier: Apache-2.0
"""DEPTHWISE_CONV_2D in portable C, channel by channel: a plane of bytes with its padding, weights in registers.

Once its plane is copied, the output may lie over the input whatever the strides are: pixel p of channel c is element
``p * channels + c`` of both, so that a channel is written over itself alone.
"""

from __future__ import annotations

from harness.ops._base import Constant, Layer, Lowered, Number, Variant
from harness.ops._window import Axis
from harness.ops.depthwise_conv_2d import Parameters, macs
from harness.ops.variants._bounded import folded_sums, scaling_of
from harness.ops.variants._depthwise import channels_by_taps, is_dense

_MOST_PLANE_BYTES = 3072
_MOST_TAPS = 32  # they are unrolled


def accepts(layer: Layer, _features: frozenset[str]) -> bool:
    """Accept dense int8 of one batch, one filter a channel, without dilation, whose planes and filters are small."""
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    rows, columns, pitch = _axes(layer)
    return (
        is_dense(layer)
        and parameters.multiplier == 1
        and rows.filter * columns.filter <= _MOST_TAPS
        and _plane_rows(rows) * pitch <= _MOST_PLANE_BYTES
    )


def lower(layer: Layer) -> Lowered:
    """Lower to one plane at a time; weights are stored channel by channel."""
    parameters, bias = layer.parameters, layer.inputs[2]
    assert isinstance(parameters, Parameters)
    matrix = channels_by_taps(layer)
    rows, columns, pitch = _axes(layer)
    scales = scaling_of(matrix, bias, parameters)
    numbers: dict[str, Number] = scales.numbers() | {
        "input_rows": rows.input,
        "input_columns": columns.input,
        "output_rows": rows.output,
        "output_columns": columns.output,
        "filter_rows": rows.filter,
        "filter_columns": columns.filter,
        "stride_rows": rows.stride,
        "stride_columns": columns.stride,
        "pad_rows": rows.pad,
        "pad_columns": columns.pad,
        "padded": parameters.window.padded,
        "copied_rows": min(rows.input, _plane_rows(rows) - rows.pad),
        "copied_columns": min(columns.input, pitch - columns.pad),
        "pitch": pitch,
        "plane_bytes": _plane_rows(rows) * pitch,
        "depth": len(matrix),
        "input_zero": parameters.input_zero,
        **parameters.numbers(),
    }
    return Lowered(
        template="ops/depthwise_conv_2d/planar.c.j2",
        numbers=numbers,
        constants=(
            Constant(name="weights", values=matrix, role="weights"),
            Constant(name="bias", values=folded_sums(matrix, bias, parameters.input_zero), role="weights"),
            *(scales.tables() if scales.step else ()),
        ),
        scratch_bytes=-(-_plane_rows(rows) * pitch // 4) * 4,
        helpers=("requantize",),
    )


def _axes(layer: Layer) -> tuple[Axis, Axis, int]:
    """Return rows, columns and the bytes from row to row; a column of pixels is taken for a row."""
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    rows, columns = parameters.window.height, parameters.window.width
    if columns.input == columns.filter == columns.output == 1:
        rows, columns = columns, rows
    return rows, columns, (columns.output - 1) * columns.stride + columns.filter


def _plane_rows(rows: Axis) -> int:
    return (rows.output - 1) * rows.stride + rows.filter


VARIANTS = (
    Variant(
        name="planar",
        operator="DEPTHWISE_CONV_2D",
        accepts=accepts,
        lower=lower,
        cost=lambda layer: 4.0 * macs(layer) + 20.0 * layer.outputs[0].elements,
        in_place=lambda _layer: (0,),
    ),
)
