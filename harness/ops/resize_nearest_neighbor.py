# SPDX-License-Identifier: Apache-2.0
"""RESIZE_NEAREST_NEIGHBOR: an image of another size, each element the nearest of the input."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._check import expect_shape, refuse, version_at_most
from harness.ops._move import dense, gather_moves, inputs_of, moved_type, moving_layer, take
from harness.ops._move_loops import moving_variant, no_macs

_NEWEST_VERSION = 4


def parse(node: Node, graph: Graph) -> Layer:
    """Check the size and find the element that each output comes from."""
    version_at_most(node, graph, _NEWEST_VERSION)
    source, size = inputs_of(node, graph, 2)
    output = graph.tensor(node.outputs[0])
    kind = moved_type(node, graph, source, output)
    if len(source.shape) != 4 or len(output.shape) != 4:
        raise refuse(node, graph, "input and output must have four dimensions")
    aligned, centred = node.options.boolean(0), node.options.boolean(1)
    batch, height, width, depth = source.shape
    rows, columns = output.shape[1:3]
    expect_shape(node, graph, output, (batch, rows, columns, depth), "output")
    view = take(dense(source.shape), 1, nearest(height, rows, aligned=aligned, centred=centred))
    view = take(view, 2, nearest(width, columns, aligned=aligned, centred=centred))
    return moving_layer(node, (source, size), (output,), kind, gather_moves(node, graph, view, output))


def nearest(extent: int, wanted: int, *, aligned: bool, centred: bool) -> NDArray[np.int64]:
    """Return, for each of ``wanted`` elements, the nearest of ``extent``, in single precision as the reference does.

    Source: TensorFlow, ``tensorflow/lite/kernels/internal/reference/resize_nearest_neighbor.h``.
    """
    corners = aligned and wanted > 1
    scale = np.float32(extent - 1) / np.float32(wanted - 1) if corners else np.float32(extent) / np.float32(wanted)
    places = (np.arange(wanted, dtype=np.float32) + np.float32(0.5 if centred else 0.0)) * scale
    found = np.floor(places + np.float32(0.5)) if aligned else np.floor(places)
    indices: NDArray[np.int64] = np.clip(found.astype(np.int64), 0, extent - 1)
    return indices


macs = no_macs
VARIANTS = (moving_variant("RESIZE_NEAREST_NEIGHBOR"),)
