# SPDX-License-Identifier: Apache-2.0
"""QUANTIZE: from float32 to int8, or from one int8 quantization to another by a table.

Floats beyond what 32 bits hold, and not-a-number, are undefined in the reference: here the ends of the range answer,
and the lowest for not-a-number.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from harness.graph import DType, Graph, Node
from harness.ops._base import Layer, Lowered, Number, Variant
from harness.ops._binary import affine
from harness.ops._check import computed, expect_shape, operands, refuse, version_at_most
from harness.ops._quantized import checked_multiplier, ends, quantize_multiplier
from harness.ops._unary import CODES, Affine, Parameters, clamped, lower_unary, no_macs, parse_unary, requantized

_NEWEST_VERSION = 4
_QUANTIZED = {DType.INT8, DType.INT16}


def parse(node: Node, graph: Graph) -> Layer:
    """Check the layer and fill the table of answers between two int8 quantizations."""
    version_at_most(node, graph, _NEWEST_VERSION)
    (source,) = operands(node, graph, minimum=1, maximum=1)
    assert source is not None
    output = graph.tensor(node.outputs[0])
    if (source.dtype, output.dtype) == (DType.INT8, DType.INT8):
        return parse_unary(node, graph, _answers, newest=_NEWEST_VERSION)
    if source.dtype not in {DType.FLOAT32, *_QUANTIZED} or output.dtype not in _QUANTIZED:
        raise refuse(
            node, graph, "it must be from float32, int8 or int16 to int8 or int16", "Convert the model to int8."
        )
    computed(node, graph, source)
    expect_shape(node, graph, output, source.shape, "output")
    found = affine(node, graph, output)
    low, high = ends(output.dtype)
    numbers: dict[str, Number] = {"zero": found.zero, "low": low, "high": high, "scale": found.scale}
    if source.dtype is not DType.FLOAT32:
        given = affine(node, graph, source)
        multiplier = checked_multiplier(node, graph, given.scale / found.scale)
        numbers |= {"input_offset": -given.zero, "multiplier": multiplier.value, "shift": multiplier.shift}
    return Layer(
        node=node,
        inputs=(source,),
        outputs=(output,),
        signature="f32s8" if source.dtype is DType.FLOAT32 else "s16s8",
        parameters=Parameters(answers=None, numbers=numbers),
    )


def _lower(layer: Layer) -> Lowered:
    lowered = lower_unary(layer)
    if layer.signature != "s16s8":
        return lowered
    clamp = "clamp_s16" if layer.outputs[0].dtype is DType.INT16 else "clamp_s8"
    return replace(lowered, helpers=("requantize", clamp))


def _answers(source: Affine, output: Affine) -> NDArray[np.int8]:
    multiplier = quantize_multiplier(source.scale / output.scale)
    return np.array(
        [clamped(output.zero + requantized(code - source.zero, multiplier)) for code in CODES], dtype=np.int8
    )


macs = no_macs
VARIANTS = (
    Variant(
        name="generic",
        operator="QUANTIZE",
        accepts=lambda layer, _features: layer.signature in {"s8s8", "s16s8", "f32s8"},
        lower=_lower,
        cost=lambda layer: (8.0 if layer.signature == "s8s8" else 40.0) * layer.outputs[0].elements,
        in_place=lambda layer: (0,) if layer.inputs[0] and layer.inputs[0].dtype is layer.outputs[0].dtype else (),
    ),
)
