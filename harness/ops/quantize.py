# SPDX-License-Identifier: Apache-2.0
"""QUANTIZE: from floats, or from one quantization to another; between bytes by a table of all 256 answers.

Between int8 and uint8 of one scale, as the converter puts it at inputs and outputs, only the highest bit changes.
Floats beyond what 32 bits hold, and not-a-number, are undefined in the reference: here the ends of the range answer,
and the lowest for not-a-number.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from harness.graph import DType, Graph, Node, Tensor
from harness.ops._base import Layer, Lowered, Number, Variant
from harness.ops._binary import affine
from harness.ops._check import computed, expect_shape, operands, refuse, version_at_most
from harness.ops._quantized import Multiplier, checked_multiplier, ends, per_tensor, quantize_multiplier
from harness.ops._unary import CODES, Affine, Parameters, clamped, lower_unary, no_macs, parse_unary, requantized

_NEWEST_VERSION = 4
_BYTES = frozenset({DType.INT8, DType.UINT8})
_TARGETS = {
    DType.FLOAT32: _BYTES | {DType.INT16},
    DType.INT16: {DType.INT8, DType.INT16, DType.INT32},
    DType.INT8: _BYTES | {DType.INT16, DType.INT32},
    DType.UINT8: _BYTES,
}
_COSTS = {"s8s8": 8.0, "u8s8": 8.0, "s16s8": 40.0, "f32s8": 40.0}  # instructions for one element, by signature
_HIGHEST_BIT = 0x80


def parse(node: Node, graph: Graph) -> Layer:
    """Check the layer and fill the table of answers between two quantizations of bytes."""
    version_at_most(node, graph, _NEWEST_VERSION)
    (source,) = operands(node, graph, minimum=1, maximum=1)
    assert source is not None
    output = graph.tensor(node.outputs[0])
    if (source.dtype, output.dtype) == (DType.INT8, DType.INT8):
        return parse_unary(node, graph, _answers, newest=_NEWEST_VERSION)
    if output.dtype not in _TARGETS.get(source.dtype, ()):
        raise refuse(
            node, graph, f"there is no kernel from {source.dtype} to {output.dtype}", "Convert the model to int8."
        )
    computed(node, graph, source)
    expect_shape(node, graph, output, source.shape, "output")
    if {source.dtype, output.dtype} <= _BYTES:
        kind, parameters = "u8s8", _of_bytes(node, graph, source, output)
    else:
        kind = "f32s8" if source.dtype is DType.FLOAT32 else "s16s8"
        parameters = _of_numbers(node, graph, source, output)
    return Layer(node=node, inputs=(source,), outputs=(output,), signature=kind, parameters=parameters)


def _of_bytes(node: Node, graph: Graph, source: Tensor, output: Tensor) -> Parameters:
    given, found = affine(node, graph, source), affine(node, graph, output)
    multiplier = checked_multiplier(node, graph, given.scale / found.scale)
    (first, last), (low, high) = ends(source.dtype), ends(output.dtype)
    codes = range(first, last + 1)
    answers = _table(codes, given.zero, multiplier, found.zero, low, high).astype(output.dtype.value)
    if np.array_equal(answers.view(np.uint8), np.array(codes).astype(np.uint8) ^ _HIGHEST_BIT):
        return Parameters(answers=None, numbers={"flipped": _HIGHEST_BIT})
    return Parameters(answers=answers, numbers={"lowest": first})


def _of_numbers(node: Node, graph: Graph, source: Tensor, output: Tensor) -> Parameters:
    found = affine(node, graph, output)
    low, high = ends(output.dtype)
    numbers: dict[str, Number] = {"zero": found.zero, "low": low, "high": high, "scale": found.scale}
    if source.dtype is not DType.FLOAT32:
        scale, zero = per_tensor(node, graph, source, symmetric=output.dtype is not DType.INT32)
        multiplier = checked_multiplier(node, graph, scale / found.scale)
        numbers |= {"input_offset": -zero, "multiplier": multiplier.value, "shift": multiplier.shift}
    return Parameters(answers=None, numbers=numbers)


def _lower(layer: Layer) -> Lowered:
    lowered = lower_unary(layer)
    if layer.signature != "s16s8":
        return lowered
    clamps = {DType.INT8: ("clamp_s8",), DType.INT16: ("clamp_s16",)}
    return replace(lowered, helpers=("requantize", *clamps.get(layer.outputs[0].dtype, ())))


def _answers(source: Affine, output: Affine) -> NDArray[np.int8]:
    multiplier = quantize_multiplier(source.scale / output.scale)
    return _table(CODES, source.zero, multiplier, output.zero, *ends(DType.INT8)).astype(np.int8)


def _table(
    codes: range, source_zero: int, multiplier: Multiplier, output_zero: int, low: int, high: int
) -> NDArray[np.int64]:
    """Return the answers, between low and high, for stored numbers."""
    return np.array([clamped(output_zero + requantized(code - source_zero, multiplier), low, high) for code in codes])


macs = no_macs
VARIANTS = (
    Variant(
        name="generic",
        operator="QUANTIZE",
        accepts=lambda layer, _features: layer.signature in _COSTS,
        lower=_lower,
        cost=lambda layer: _COSTS[layer.signature] * layer.outputs[0].elements,
        in_place=lambda layer: (
            (0,) if layer.inputs[0] and layer.inputs[0].dtype.item_bytes == layer.outputs[0].dtype.item_bytes else ()
        ),
    ),
)
