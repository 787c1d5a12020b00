# SPDX-License-Identifier: Apache-2.0
"""PRELU: negative numbers are multiplied by a slope, of their channel or broadcast otherwise."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from harness.graph import DType, Graph, Node
from harness.ops._base import Layer, Number
from harness.ops._binary import binary_variant, parse_binary
from harness.ops._check import expect_shape, refuse
from harness.ops._quantized import checked_multiplier
from harness.ops._unary import Affine, no_macs

_MAX_SHIFT = 14  # to the left, of a product of 17 bits
_NEWEST_VERSION = 1


def parse(node: Node, graph: Graph) -> Layer:
    """Check the operands and what the reference kernel cannot compute."""
    layer = parse_binary(node, graph, _quantize, newest=_NEWEST_VERSION, wide=_quantize, beside_int16=DType.INT8)
    assert layer.inputs[0] is not None
    expect_shape(node, graph, layer.outputs[0], layer.inputs[0].shape, "output")
    return layer


def _quantize(node: Node, graph: Graph, inputs: tuple[Affine, Affine], output: Affine) -> Mapping[str, Number]:
    """Source: TensorFlow, ``tensorflow/lite/kernels/activations.cc`` (``PreluPrepare``), in single precision."""
    source, slope = inputs
    scale = np.float32(source.scale)
    positive = checked_multiplier(node, graph, float(scale / np.float32(output.scale)))
    negative = checked_multiplier(node, graph, float(scale * np.float32(slope.scale) / np.float32(output.scale)))
    if max(positive.shift, negative.shift) > _MAX_SHIFT:
        raise refuse(node, graph, f"its output's scale {output.scale:g} is too small for its inputs' scales")
    return {
        "first_offset": -source.zero,
        "second_offset": -slope.zero,
        "output_zero": output.zero,
        "positive_multiplier": positive.value,
        "positive_shift": positive.shift,
        "negative_multiplier": negative.value,
        "negative_shift": negative.shift,
    }


macs = no_macs
VARIANTS = (binary_variant("PRELU", cost_s8=30.0, helpers_s8=("requantize", "clamp_s8")),)
