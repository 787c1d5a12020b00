# SPDX-License-Identifier: Apache-2.0
"""GATHER: the slices of a tensor along an axis that are numbered by another, constant or computed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

from harness.graph import DType, Graph, Node
from harness.ops._base import Constant, Layer, Lowered, Variant
from harness.ops._check import expect_shape, refuse, version_at_most
from harness.ops._move import (
    SIGNATURES,
    axis_of,
    dense,
    gather_moves,
    inputs_of,
    integers,
    moved_type,
    moving_layer,
    take,
)
from harness.ops._move_loops import lower_moves, no_macs

_NEWEST_VERSION = 6
_TEMPLATE = "ops/gather/generic.c.j2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """A gather whose indices are known when it runs: the input as three dimensions, the middle one gathered."""

    outer: int
    extent: int
    inner: int
    count: int


def parse(node: Node, graph: Graph) -> Layer:
    """Check the axis and the indices; one that is computed and leaves the input takes the nearest slice instead."""
    version_at_most(node, graph, _NEWEST_VERSION)
    source, indices = inputs_of(node, graph, 2)
    output = graph.tensor(node.outputs[0])
    kind = moved_type(node, graph, source, output)
    axis = axis_of(node, graph, node.options.integer(0), len(source.shape))
    if node.options.integer(1) != 0:
        raise refuse(node, graph, "it gathers from each image by indices of its own (batch_dims)")
    before, after = source.shape[:axis], source.shape[axis + 1 :]
    expect_shape(node, graph, output, (*before, *indices.shape, *after), "output")
    extent = source.shape[axis]
    if indices.data is not None:
        chosen = integers(node, graph, indices, "indices")
        if not all(0 <= index < extent for index in chosen):
            raise refuse(node, graph, f"its indices must lie between 0 and {extent - 1}")
        view = take(dense(source.shape), axis, chosen)
        return moving_layer(node, (source, indices), (output,), kind, gather_moves(node, graph, view, output))
    if indices.dtype is not DType.INT32:
        raise refuse(node, graph, "its indices must be int32", "Cast them to int32 before the layer.")
    parameters = Computed(outer=prod(before), extent=extent, inner=prod(after), count=indices.elements)
    return Layer(node=node, inputs=(source, indices), outputs=(output,), signature=kind, parameters=parameters)


def lower(layer: Layer) -> Lowered:
    """Lower to copies, or to a loop over indices."""
    parameters, source = layer.parameters, layer.inputs[0]
    if not isinstance(parameters, Computed):
        lowered = lower_moves(layer, _TEMPLATE)
        return replace(lowered, numbers={**lowered.numbers, "computed": False})
    assert source is not None
    values = () if source.data is None else (Constant(name="values", values=source.data, role="weights"),)
    numbers = {
        "computed": True,
        "outer": parameters.outer,
        "extent": parameters.extent,
        "inner": parameters.inner,
        "count": parameters.count,
    }
    return Lowered(template=_TEMPLATE, numbers=numbers, constants=values)


macs = no_macs
VARIANTS = (
    Variant(
        name="generic",
        operator="GATHER",
        accepts=lambda layer, _features: layer.signature in set(SIGNATURES.values()),
        lower=lower,
        cost=lambda layer: 5.0 * layer.outputs[0].elements,
    ),
)
