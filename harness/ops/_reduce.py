# SPDX-License-Identifier: Apache-2.0
"""Reductions over any dimensions: loops over those that are kept, inside them loops over those that are reduced."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from harness.graph import DType, Graph, Node, Tensor
from harness.ops._base import Number
from harness.ops._check import constant, refuse

MAX_ELEMENTS = 1 << 22  # of one sum of int8: more could overflow 32 bits
MAX_ELEMENTS_16 = (1 << 16) - 1  # of int16


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduction:
    """Loops as (extent, distance in the input), outermost first; ``count`` elements are reduced to one."""

    kept: tuple[tuple[int, int], ...]
    reduced: tuple[tuple[int, int], ...]
    count: int
    whole: bool  # over all dimensions

    def numbers(self) -> dict[str, Number]:
        """Return the numbers that templates use."""
        return {
            "count": self.count,
            "kept_extents": tuple(extent for extent, _ in self.kept),
            "kept_strides": tuple(stride for _, stride in self.kept),
            "reduced_extents": tuple(extent for extent, _ in self.reduced),
            "reduced_strides": tuple(stride for _, stride in self.reduced),
        }


def reduction(node: Node, graph: Graph, source: Tensor, axes: Tensor, output: Tensor) -> Reduction:
    """Check constant axes and the output's size; neighbouring dimensions of one kind become one loop."""
    constant(node, graph, axes, "list of axes")
    if axes.dtype is not DType.INT32 or axes.data is None:
        raise refuse(node, graph, "its axes must be int32")
    rank = len(source.shape)
    given = [int(axis) for axis in axes.data.reshape(-1).tolist()]
    if not given or not all(-rank <= axis < rank for axis in given):
        raise refuse(node, graph, f"its axes must lie between {-rank} and {rank - 1}")
    reduced = {axis % rank for axis in given}
    loops: list[tuple[bool, int, int]] = []
    for axis, extent in enumerate(source.shape):
        stride = prod(source.shape[axis + 1 :])
        if extent == 1:
            continue
        if loops and loops[-1][0] == (axis in reduced):
            loops[-1] = (axis in reduced, loops[-1][1] * extent, stride)
        else:
            loops.append((axis in reduced, extent, stride))
    count = prod(source.shape[axis] for axis in reduced)
    if output.elements * count != source.elements:
        raise refuse(node, graph, f"its output must have {source.elements // count} elements")
    limit = MAX_ELEMENTS_16 if source.dtype is DType.INT16 else MAX_ELEMENTS
    if count > limit:
        raise refuse(node, graph, f"it reduces more than {limit} elements to one")
    return Reduction(
        kept=tuple((extent, stride) for inside, extent, stride in loops if not inside),
        reduced=tuple((extent, stride) for inside, extent, stride in loops if inside),
        count=count,
        whole=len(reduced) == rank,
    )
