# SPDX-License-Identifier: Apache-2.0
"""FULLY_CONNECTED: every output is a weighted sum of all inputs."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.graph import Graph, Node, Tensor
from harness.ops._base import Constant, Layer, Lowered, Number, Variant
from harness.ops._check import computed, constant, operands, refuse, version_at_most, weighted_signature
from harness.ops._mixed import MIXED, Sums, check_weighted_bias, sums_of_floats, width_of_sums
from harness.ops._quantized import (
    MAX_TAPS,
    OutputStage,
    activation,
    checked_multiplier,
    fold_offset,
    output_range,
    per_tensor,
    requantization,
    weight_scales,
)

_NEWEST_VERSION = 12
_ASYMMETRIC_FIELD = 3  # of the options
_BIAS_TYPE_FIELD = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters(OutputStage):
    """A matrix product: ``rows`` vectors of the input, one after the other."""

    rows: int
    scales: tuple[float, ...] = ()  # from sums to outputs where they have 16 bits, of the weights of a hybrid one
    asymmetric: bool = False  # how a hybrid one quantizes its input


def parse(node: Node, graph: Graph) -> Layer:
    """Check a fully connected layer; with one weight scale, its product with the input's is single precision.

    Source: TensorFlow, ``tensorflow/lite/kernels/kernel_util.cc`` (``GetQuantizedConvolutionMultipler``).
    """
    version_at_most(node, graph, _NEWEST_VERSION)
    source, weights, bias = operands(node, graph, minimum=2, maximum=3)
    assert source is not None
    assert weights is not None
    output = graph.tensor(node.outputs[0])
    kind = weighted_signature(node, graph, source, weights, output)
    computed(node, graph, source)
    constant(node, graph, weights, "weights")
    if len(weights.shape) != 2:
        raise refuse(node, graph, "its weights must have two dimensions")
    if node.options.integer(1, bits=8) != 0:
        raise refuse(node, graph, "its weights are shuffled", "Convert the model with weights in the default format.")
    channels, depth = weights.shape
    if source.elements % depth or output.elements != source.elements // depth * channels:
        raise refuse(node, graph, f"input and output do not fit weights of shape {channels}x{depth}")
    if depth > MAX_TAPS:
        raise refuse(node, graph, f"an output has more than {MAX_TAPS} weights")
    check_weighted_bias(node, graph, bias, channels, kind, type_field=_BIAS_TYPE_FIELD)
    fused = activation(node, graph, node.options.integer(0, bits=8))
    parameters = Parameters(rows=source.elements // depth, range=output_range(node, graph, fused, output))
    if kind == "s8s8":
        input_scale, input_zero = per_tensor(node, graph, source)
        output_scale, output_zero = per_tensor(node, graph, output)
        scales = weight_scales(node, graph, weights, axis=0)
        products = [input_scale * scale for scale in scales]
        parameters = dataclasses.replace(
            parameters,
            input_zero=input_zero,
            output_zero=output_zero,
            multipliers=tuple(checked_multiplier(node, graph, product / output_scale) for product in products),
        )
    elif kind == "s16s8":
        reals = [per_tensor(node, graph, tensor)[0] for tensor in (source, output)]
        scales = tuple(reals[0] * scale / reals[1] for scale in weight_scales(node, graph, weights, axis=0))
        parameters = dataclasses.replace(parameters, scales=scales)
    elif kind == "hybrid":
        parameters = dataclasses.replace(
            parameters,
            scales=weight_scales(node, graph, weights, axis=0),
            asymmetric=node.options.boolean(_ASYMMETRIC_FIELD),
        )
    return Layer(node=node, inputs=(source, weights, bias), outputs=(output,), signature=kind, parameters=parameters)


def macs(layer: Layer) -> int:
    """Multiply-accumulates of one inference."""
    weights = layer.inputs[1]
    assert weights is not None
    return layer.outputs[0].elements * weights.shape[1]


def lower(layer: Layer) -> Lowered:
    """Lower to the generic kernel; the input's offset goes into the bias."""
    parameters, (_, weights, bias) = layer.parameters, layer.inputs
    assert isinstance(parameters, Parameters)
    assert weights is not None
    assert weights.data is not None
    numbers: dict[str, Number] = {
        "rows": parameters.rows,
        "input_depth": weights.shape[1],
        "output_depth": weights.shape[0],
        **parameters.range.numbers(),
    }
    constants = [Constant(name="weights", values=weights.data, role="weights")]
    if layer.signature in MIXED:
        sums = (
            sums_of_floats(parameters.scales, bias, elements=weights.shape[1], asymmetric=parameters.asymmetric)
            if layer.signature == "hybrid"
            else _sums_of_16(weights.data.astype(np.int8), bias, parameters.scales)
        )
        return Lowered(
            template="ops/fully_connected/generic_mixed.c.j2",
            numbers=numbers | sums.numbers,
            constants=(*constants, *sums.constants),
            scratch_bytes=weights.shape[1] if layer.signature == "hybrid" else 0,
            helpers=sums.helpers,
        )
    values = None if bias is None else bias.data
    if layer.signature == "s8s8":
        values = fold_offset(
            None if values is None else values.astype(np.int32),
            weights.data.astype(np.int8).reshape(weights.shape),
            -parameters.input_zero,
        )
        scaling, tables = requantization(parameters.multipliers, rounded_once=True)
        numbers |= scaling | {"output_zero": parameters.output_zero}
        constants += tables
    if values is not None:
        constants.append(Constant(name="bias", values=values, role="weights"))
    return Lowered(
        template="ops/fully_connected/generic.c.j2",
        numbers=numbers,
        constants=tuple(constants),
        helpers=("requantize", "clamp_s8") if layer.signature == "s8s8" else ("clamp_f32",),
    )


def _sums_of_16(weights: NDArray[np.int8], bias: Tensor | None, scales: Sequence[float]) -> Sums:
    """Return what a 16x8 layer needs: here, and only here, the reference scales in double precision."""
    numbers, constants = width_of_sums(weights, bias)
    table = Constant(name="scales", values=np.array(scales, np.float64), role="requantization", alignment=8)
    return Sums(
        numbers=numbers | {"per_channel": len(scales) > 1},
        constants=(*constants, table),
        helpers=("clamp_s16", "requantize", "round_s32"),
    )


VARIANTS = (
    Variant(
        name="generic",
        operator="FULLY_CONNECTED",
        accepts=lambda layer, _features: layer.signature in {"s8s8", "f32"} | MIXED and layer.weight_format == "dense",
        lower=lower,
        cost=lambda layer: 4.0 * macs(layer) + 30.0 * layer.outputs[0].elements,
    ),
)
