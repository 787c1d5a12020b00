# SPDX-License-Identifier: Apache-2.0
"""RESIZE_BILINEAR: an image of another size, each element between its four neighbours in the input."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.graph import Graph, Node
from harness.ops._base import Constant, Layer, Lowered, Variant
from harness.ops._check import computed, expect_shape, refuse, signature, version_at_most
from harness.ops._move import inputs_of
from harness.ops._move_loops import no_macs

_NEWEST_VERSION = 4
_ONE = 1 << 10  # int8 positions have ten bits behind the point


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where each row or column of the output lies in the input: between two of its own, and how far from the first."""

    first: tuple[int, ...]
    second: tuple[int, ...]
    parts: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Rows and columns."""

    rows: Places
    columns: Places


def parse(node: Node, graph: Graph) -> Layer:
    """Check the size and find the neighbours of each row and column."""
    version_at_most(node, graph, _NEWEST_VERSION)
    source, size = inputs_of(node, graph, 2)
    output = graph.tensor(node.outputs[0])
    kind = signature(node, graph, source, output, wide=True)
    computed(node, graph, source)
    if len(source.shape) != 4 or len(output.shape) != 4:
        raise refuse(node, graph, "input and output must have four dimensions")
    aligned, centred = node.options.boolean(2), node.options.boolean(3)
    if aligned and centred:
        raise refuse(node, graph, "it aligns corners and centres pixels, which exclude each other")
    batch, height, width, depth = source.shape
    rows, columns = output.shape[1:3]
    expect_shape(node, graph, output, (batch, rows, columns, depth), "output")
    find = _floating if kind == "f32" else _fixed
    parameters = Parameters(
        rows=find(height, rows, aligned=aligned, centred=centred),
        columns=find(width, columns, aligned=aligned, centred=centred),
    )
    return Layer(node=node, inputs=(source, size), outputs=(output,), signature=kind, parameters=parameters)


def lower(layer: Layer) -> Lowered:
    """Lower to tables of neighbours and the weighted sum of four."""
    parameters, source = layer.parameters, layer.inputs[0]
    assert isinstance(parameters, Parameters)
    assert source is not None
    batch, _, width, depth = source.shape
    dtype = np.dtype(np.float32 if layer.signature == "f32" else np.int32)
    tables = (
        ("upper", np.array(parameters.rows.first, np.int32) * (width * depth)),
        ("lower", np.array(parameters.rows.second, np.int32) * (width * depth)),
        ("down", np.array(parameters.rows.parts, dtype)),
        ("left", np.array(parameters.columns.first, np.int32) * depth),
        ("right", np.array(parameters.columns.second, np.int32) * depth),
        ("across", np.array(parameters.columns.parts, dtype)),
    )
    return Lowered(
        template="ops/resize_bilinear/generic.c.j2",
        numbers={
            "batch": batch,
            "image": source.elements // batch,
            "depth": depth,
            "rows": layer.outputs[0].shape[1],
            "columns": layer.outputs[0].shape[2],
        },
        constants=tuple(Constant(name=name, values=values, role="table") for name, values in tables),
    )


def _floating(extent: int, wanted: int, *, aligned: bool, centred: bool) -> Places:
    """Find neighbours in single precision.

    Source: TensorFlow, ``tensorflow/lite/kernels/internal/reference/resize_bilinear.h``.
    """
    corners = aligned and wanted > 1
    scale = np.float32(extent - 1) / np.float32(wanted - 1) if corners else np.float32(extent) / np.float32(wanted)
    half = np.float32(0.5 if centred else 0.0)
    places = (np.arange(wanted, dtype=np.float32) + half) * scale - half
    first = np.clip(np.floor(places), 0, extent - 1).astype(np.int64)
    second = np.clip(np.ceil(places), 0, extent - 1).astype(np.int64)
    return _places(first, second, places - first.astype(np.float32))


def _fixed(extent: int, wanted: int, *, aligned: bool, centred: bool) -> Places:
    """Find neighbours in integers, as the same file does for int8; its divisions round towards zero."""
    if aligned and wanted > 1:
        scale = (_ONE * (extent - 1) + (wanted - 1) // 2) // (wanted - 1)
    else:
        scale = (_ONE * extent + wanted // 2) // wanted
    places = np.arange(wanted, dtype=np.int64) * scale + (scale // 2 - _ONE // 2 if centred else 0)
    first = np.clip(np.fix(places / _ONE), 0, extent - 1).astype(np.int64)
    second = np.clip(np.fix((places + _ONE - 1) / _ONE), 0, extent - 1).astype(np.int64)
    return _places(first, second, places - first * _ONE)


def _places(first: NDArray[np.int64], second: NDArray[np.int64], parts: NDArray[np.generic]) -> Places:
    return Places(first=tuple(first.tolist()), second=tuple(second.tolist()), parts=tuple(parts.tolist()))


macs = no_macs
VARIANTS = (
    Variant(
        name="generic",
        operator="RESIZE_BILINEAR",
        accepts=lambda layer, _features: layer.signature in {"s8s8", "s16s8", "f32"},
        lower=lower,
        cost=lambda layer: 30.0 * layer.outputs[0].elements,
    ),
)
