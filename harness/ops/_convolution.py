# SPDX-License-Identifier: Apache-2.0
"""What the convolutions share: a window, how its sums become outputs, and the lowering of two of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from harness.graph import Graph, Node, Tensor
from harness.ops._base import Constant, Layer, Lowered, Number
from harness.ops._mixed import MIXED, Sums, check_reduced, sums_of_16
from harness.ops._quantized import (
    OutputStage,
    channel_multipliers,
    fold_offset,
    per_tensor,
    requantization,
    weight_scales,
)
from harness.ops._window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Convolution(OutputStage):
    """A window, and how its sums become outputs."""

    window: Window
    weight_scales: tuple[float, ...] = ()  # of hybrid layers


ConvolutionT = TypeVar("ConvolutionT", bound=Convolution)


def scaled(
    parameters: ConvolutionT, node: Node, graph: Graph, kind: str, source: Tensor, weights: Tensor, *, axis: int
) -> ConvolutionT:
    """Return the parameters with what the layer's signature needs; ``axis`` is that of the weights' output channels."""
    output = graph.tensor(node.outputs[0])
    if kind == "s8s8":
        return dataclasses.replace(
            parameters,
            input_zero=per_tensor(node, graph, source)[1],
            output_zero=per_tensor(node, graph, output)[1],
            multipliers=channel_multipliers(node, graph, source, weights, output, axis=axis),
        )
    if kind == "s16s8":
        multipliers = channel_multipliers(node, graph, source, weights, output, axis=axis)
        return dataclasses.replace(parameters, multipliers=check_reduced(node, graph, multipliers))
    if kind == "hybrid":
        return dataclasses.replace(parameters, weight_scales=weight_scales(node, graph, weights, axis=axis))
    return parameters


def lower_convolution(
    layer: Layer,
    *,
    by_channel: Callable[[NDArray[np.generic]], NDArray[np.generic]],
    numbers: Mapping[str, Number],
    hybrid: Callable[[Tensor | None, int], Sums],
) -> Lowered:
    """Lower to the generic kernel; the input's offset goes into the bias where no window leaves the input.

    ``by_channel`` makes rows of weights, one an output channel; ``numbers`` are the operator's own; ``hybrid`` gives
    the sums of a hybrid layer, from its bias and the elements of one image.
    """
    parameters, (source, weights, bias) = layer.parameters, layer.inputs
    assert isinstance(parameters, Convolution)
    assert source is not None
    assert weights is not None
    assert weights.data is not None
    folder = f"ops/{layer.node.op.lower()}"
    known: dict[str, Number] = {
        **parameters.window.numbers(),
        "batch": source.shape[0],
        "input_depth": source.shape[3],
        **parameters.range.numbers(),
        **numbers,
    }
    constants = [Constant(name="weights", values=weights.data, role="weights")]
    values = None if bias is None else bias.data
    helpers: tuple[str, ...] = ("window",) if parameters.window.padded else ()
    if layer.signature in MIXED:
        elements = source.elements // source.shape[0]
        sums = (
            hybrid(bias, elements)
            if layer.signature == "hybrid"
            else sums_of_16(by_channel(weights.data).astype(np.int8), bias, parameters.multipliers)
        )
        return Lowered(
            template=f"{folder}/generic_mixed.c.j2",
            numbers=known | sums.numbers,
            constants=(*constants, *sums.constants),
            scratch_bytes=elements if layer.signature == "hybrid" else 0,
            helpers=(*helpers, *sums.helpers),
        )
    if layer.signature == "s8s8":
        folded = not parameters.window.padded
        values = fold_offset(
            None if values is None else values.astype(np.int32),
            by_channel(weights.data).astype(np.int8),
            -parameters.input_zero if folded else 0,
        )
        scaling, tables = requantization(parameters.multipliers)
        known |= scaling
        known |= {"input_offset": 0 if folded else -parameters.input_zero, "output_zero": parameters.output_zero}
        constants += tables
        helpers += ("requantize", "clamp_s8")
    else:
        helpers += ("clamp_f32",)
    if values is not None:
        constants.append(Constant(name="bias", values=values, role="weights"))
    return Lowered(template=f"{folder}/generic.c.j2", numbers=known, constants=tuple(constants), helpers=helpers)
