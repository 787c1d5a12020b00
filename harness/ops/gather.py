# SPDX-License-Identifier: Apache-2.0
"""GATHER: the slices of a tensor along an axis that are numbered by another, constant or computed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

import numpy as np

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
    """A loop over indices, each batch having its own: the input as four dimensions, of which the third is gathered."""

    batch: int
    outer: int
    extent: int
    inner: int
    count: int


def parse(node: Node, graph: Graph) -> Layer:
    """Check the axis and the indices; one that is computed and leaves the input takes the nearest slice instead.

    Source: TensorFlow, ``tensorflow/lite/kernels/internal/reference/gather.h``.
    """
    version_at_most(node, graph, _NEWEST_VERSION)
    source, indices = inputs_of(node, graph, 2)
    output = graph.tensor(node.outputs[0])
    kind = moved_type(node, graph, source, output)
    axis = axis_of(node, graph, node.options.integer(0), len(source.shape))
    shared = node.options.integer(1)
    shared += len(indices.shape) if shared < 0 else 0
    if not 0 <= shared <= min(axis, len(indices.shape)) or source.shape[:shared] != indices.shape[:shared]:
        raise refuse(node, graph, f"its first {shared} dimensions (batch_dims) must be those of its indices")
    before, after = source.shape[:axis], source.shape[axis + 1 :]
    expect_shape(node, graph, output, (*before, *indices.shape[shared:], *after), "output")
    extent = source.shape[axis]
    if indices.data is not None:
        chosen = integers(node, graph, indices, "indices")
        if not all(0 <= index < extent for index in chosen):
            raise refuse(node, graph, f"its indices must lie between 0 and {extent - 1}")
    if indices.data is not None and shared == 0:
        view = take(dense(source.shape), axis, chosen)
        return moving_layer(node, (source, indices), (output,), kind, gather_moves(node, graph, view, output))
    if indices.data is None and indices.dtype is not DType.INT32:
        raise refuse(node, graph, "its indices must be int32", "Cast them to int32 before the layer.")
    parameters = Computed(
        batch=prod(source.shape[:shared]),
        outer=prod(source.shape[shared:axis]),
        extent=extent,
        inner=prod(after),
        count=prod(indices.shape[shared:]),
    )
    return Layer(node=node, inputs=(source, indices), outputs=(output,), signature=kind, parameters=parameters)


def lower(layer: Layer) -> Lowered:
    """Lower to copies, or to a loop over indices."""
    parameters, (source, indices) = layer.parameters, layer.inputs
    if not isinstance(parameters, Computed):
        lowered = lower_moves(layer, _TEMPLATE)
        return replace(lowered, numbers={**lowered.numbers, "computed": False})
    assert source is not None
    assert indices is not None
    constants: tuple[Constant, ...] = (
        () if source.data is None else (Constant(name="elements", values=source.data, role="weights"),)
    )
    if indices.data is not None:
        constants += (Constant(name="indices", values=indices.data.astype(np.int32), role="table"),)
    numbers = {
        "computed": True,
        "batch": parameters.batch,
        "outer": parameters.outer,
        "extent": parameters.extent,
        "inner": parameters.inner,
        "count": parameters.count,
    }
    return Lowered(template=_TEMPLATE, numbers=numbers, constants=constants)


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
