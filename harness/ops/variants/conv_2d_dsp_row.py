# SPDX-License-Identifier: Apache-2.0
"""CONV_2D by SMLAD where pixels are too few for blocks of four, as in networks that stream: row by row.

Each pixel's window must lie in one piece in the input.
"""

from __future__ import annotations

from harness.ops._base import Layer, Lowered, Variant
from harness.ops.conv_2d import Parameters, macs
from harness.ops.variants import conv_2d_dsp
from harness.ops.variants._dsp import is_positive
from harness.ops.variants._dsp_rows import lower_rows
from harness.ops.variants._windows import filters_of, is_pointwise, pixels_of


def accepts(layer: Layer, features: frozenset[str]) -> bool:
    """Accept what blocks of four pixels accept, of pointwise layers and of those whose one window is a piece."""
    return conv_2d_dsp.accepts(layer, features) and (is_pointwise(layer) or _is_one_piece(layer))


def lower(layer: Layer) -> Lowered:
    """Lower to one call a pixel."""
    parameters = layer.parameters
    assert isinstance(parameters, Parameters)
    return lower_rows(
        filters_of(layer),
        layer.inputs[2],
        parameters,
        rows=pixels_of(layer),
        kernel="dsp_vector_up" if is_positive(parameters.range, parameters.output_zero) else "dsp_vector_away",
    )


def _is_one_piece(layer: Layer) -> bool:
    parameters, (source, weights, _) = layer.parameters, layer.inputs
    assert isinstance(parameters, Parameters)
    assert source is not None
    assert weights is not None
    _, height, width, _ = weights.shape
    is_row_whole = height == 1 or width == source.shape[2]
    return pixels_of(layer) == 1 and not parameters.window.padded and is_row_whole


VARIANTS = (
    Variant(
        name="dsp_row",
        operator="CONV_2D",
        accepts=accepts,
        lower=lower,
        cost=lambda layer: 1.4 * macs(layer) + 14.0 * layer.outputs[0].elements + 60.0 * pixels_of(layer),
    ),
)
