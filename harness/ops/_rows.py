# SPDX-License-Identifier: Apache-2.0
"""Operators that work row by row, over the last dimension."""

from __future__ import annotations

from dataclasses import dataclass

from harness.graph import Graph, Node, Tensor
from harness.ops._check import refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A tensor as ``rows`` of ``depth`` elements; ``zero`` is the zero point of a quantized one."""

    rows: int
    depth: int
    zero: int = 0


def rows_of(node: Node, graph: Graph, tensor: Tensor) -> Rows:
    """Return the rows of a tensor. Raises UnsupportedModel for a scalar."""
    if not tensor.shape:
        raise refuse(node, graph, "its input must have at least one dimension")
    return Rows(rows=tensor.elements // tensor.shape[-1], depth=tensor.shape[-1])
