# SPDX-License-Identifier: Apache-2.0
"""AVERAGE_POOL_2D: the mean of a window, over those of its elements that lie inside the input."""

from __future__ import annotations

from harness.graph import Graph, Node
from harness.ops._base import Layer, Variant
from harness.ops._pool_2d import lower_pool, parse_pool, pool_distance, window_elements


def parse(node: Node, graph: Graph) -> Layer:
    """Check the operator and compute its window."""
    return parse_pool(node, graph)


def macs(layer: Layer) -> int:
    """No multiply-accumulates."""
    del layer
    return 0


VARIANTS = (
    Variant(
        name="generic",
        operator="AVERAGE_POOL_2D",
        accepts=lambda layer, _features: layer.signature in {"s8s8", "s16s8", "f32"},
        lower=lambda layer: lower_pool(layer, "ops/average_pool_2d/generic.c.j2"),
        cost=lambda layer: 6.0 * window_elements(layer) + 30.0 * layer.outputs[0].elements,
        overlap=pool_distance,
    ),
)
