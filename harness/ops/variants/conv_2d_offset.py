# SPDX-License-Identifier: Apache-2.0
"""CONV_2D where loads of bytes do not extend signs: one pixel at a time, by weights to which 128 was added.

A pixel's window is copied, then multiplied as a row of FULLY_CONNECTED is, with the two roundings of a convolution.
"""

from __future__ import annotations

from harness.ops._base import Layer, Lowered, Variant
from harness.ops.conv_2d import Parameters, macs
from harness.ops.variants._vectors import UNSIGNED_BYTES, allows_offset, with_offset
from harness.ops.variants._windows import is_dense, lower_windows, matrix_of, windows_overlap


def accepts(layer: Layer, features: frozenset[str]) -> bool:
    """Accept dense int8 of one batch, without groups and dilation, whose sums such weights do not let overflow."""
    if UNSIGNED_BYTES not in features or not is_dense(layer):
        return False
    assert isinstance(layer.parameters, Parameters)
    return allows_offset(matrix_of(layer), layer.inputs[2], layer.parameters.input_zero)


def lower(layer: Layer) -> Lowered:
    """Lower to copies of windows and products with four channels at a time."""
    return lower_windows(
        layer,
        together=1,
        sums="vector_with_offset",
        kernels="vector_with_offset_twice",
        tap_bytes=1,
        order=with_offset,
    )


VARIANTS = (
    Variant(
        name="offset",
        operator="CONV_2D",
        accepts=accepts,
        lower=lower,
        # Below that of ``blocked``, which takes twice as long here as where registers are plenty.
        cost=lambda layer: 2.0 * macs(layer) + 20.0 * layer.outputs[0].elements,
        overlap=lambda layer: windows_overlap(layer, together=1),
    ),
)
