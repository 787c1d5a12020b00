# SPDX-License-Identifier: Apache-2.0
"""SPACE_TO_BATCH_ND: what lies a block apart becomes an image of its own."""

from __future__ import annotations

from itertools import product
from math import prod

import numpy as np

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._check import expect_shape, refuse, version_at_most
from harness.ops._move import MAX_MOVES, Move, dense, inputs_of, integers, moved_type, moving_layer, take, zero_of
from harness.ops._move_loops import moving_variant, no_macs

_NEWEST_VERSION = 4


def parse(node: Node, graph: Graph) -> Layer:
    """Check the block and the padding, which is the output's zero point.

    Source: TensorFlow, ``tensorflow/lite/kernels/internal/reference/space_to_batch_nd.h``.
    """
    version_at_most(node, graph, _NEWEST_VERSION)
    source, blocks, paddings = inputs_of(node, graph, 3)
    output = graph.tensor(node.outputs[0])
    kind = moved_type(node, graph, source, output)
    sizes = integers(node, graph, blocks, "block shape")
    edges = integers(node, graph, paddings, "list of paddings")
    if len(source.shape) < 3 or len(edges) != 2 * len(sizes) or not 1 <= len(sizes) <= len(source.shape) - 2:
        raise refuse(node, graph, "its block shape and paddings must be of its spatial dimensions")
    if min(sizes) < 1 or min(edges) < 0 or prod(sizes) > MAX_MOVES:
        raise refuse(node, graph, f"its block must have 1 to {MAX_MOVES} elements")
    moves = []
    shape = [source.shape[0] * prod(sizes), *source.shape[1:]]
    for axis, (size, before, after) in enumerate(zip(sizes, edges[::2], edges[1::2], strict=True), 1):
        if (source.shape[axis] + before + after) % size:
            raise refuse(node, graph, f"its padded dimension {axis} must be a multiple of {size}")
        shape[axis] = (source.shape[axis] + before + after) // size
    expect_shape(node, graph, output, shape, "output")
    batch = source.shape[0]
    for image, inside in enumerate(product(*(range(size) for size in sizes))):
        origin, target = dense(source.shape), take(dense(shape), 0, slice(image * batch, (image + 1) * batch))
        for axis, (place, size, before) in enumerate(zip(inside, sizes, edges[::2], strict=True), 1):
            places = np.arange(shape[axis]) * size + place - before
            kept = (places >= 0) & (places < source.shape[axis])
            origin = take(origin, axis, places[kept])
            target = take(target, axis, np.flatnonzero(kept))
        if all(len(vector) for vector in origin):
            moves.append(Move(source=origin, target=target))
    fill = zero_of(output) if any(edges) else None
    return moving_layer(node, (source, blocks, paddings), (output,), kind, moves, fill=fill)


macs = no_macs
VARIANTS = (moving_variant("SPACE_TO_BATCH_ND"),)
