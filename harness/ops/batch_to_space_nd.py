# SPDX-License-Identifier: Apache-2.0
"""BATCH_TO_SPACE_ND: images interleaved to one, its border cropped."""

from __future__ import annotations

from itertools import product
from math import prod

import numpy as np

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._check import expect_shape, refuse, version_at_most
from harness.ops._move import MAX_MOVES, Move, dense, inputs_of, integers, moved_type, moving_layer, take
from harness.ops._move_loops import moving_variant, no_macs

_NEWEST_VERSION = 4


def parse(node: Node, graph: Graph) -> Layer:
    """Check the block and the crops.

    Source: TensorFlow, ``tensorflow/lite/kernels/internal/reference/batch_to_space_nd.h``.
    """
    version_at_most(node, graph, _NEWEST_VERSION)
    source, blocks, crops = inputs_of(node, graph, 3)
    output = graph.tensor(node.outputs[0])
    kind = moved_type(node, graph, source, output)
    sizes = integers(node, graph, blocks, "block shape")
    edges = integers(node, graph, crops, "list of crops")
    if len(source.shape) < 3 or len(edges) != 2 * len(sizes) or not 1 <= len(sizes) <= len(source.shape) - 2:
        raise refuse(node, graph, "its block shape and crops must be of its spatial dimensions")
    if min(sizes) < 1 or min(edges) < 0 or prod(sizes) > MAX_MOVES:
        raise refuse(node, graph, f"its block must have 1 to {MAX_MOVES} elements")
    moves = []
    batch = source.shape[0] // prod(sizes)
    if batch * prod(sizes) != source.shape[0]:
        raise refuse(node, graph, f"its batch must be a multiple of {prod(sizes)}")
    shape = [batch, *source.shape[1:]]
    for axis, (size, before, after) in enumerate(zip(sizes, edges[::2], edges[1::2], strict=True), 1):
        shape[axis] = source.shape[axis] * size - before - after
    expect_shape(node, graph, output, shape, "output")
    for image, inside in enumerate(product(*(range(size) for size in sizes))):
        origin, target = take(dense(source.shape), 0, slice(image * batch, (image + 1) * batch)), dense(shape)
        for axis, (place, size, before) in enumerate(zip(inside, sizes, edges[::2], strict=True), 1):
            places = np.arange(source.shape[axis]) * size + place - before
            kept = (places >= 0) & (places < shape[axis])
            origin = take(origin, axis, np.flatnonzero(kept))
            target = take(target, axis, places[kept])
        if all(len(vector) for vector in origin):
            moves.append(Move(source=origin, target=target))
    return moving_layer(node, (source, blocks, crops), (output,), kind, moves)


macs = no_macs
VARIANTS = (moving_variant("BATCH_TO_SPACE_ND"),)
