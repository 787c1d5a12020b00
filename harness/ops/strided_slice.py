# SPDX-License-Identifier: Apache-2.0
"""STRIDED_SLICE: every n-th element of a part of a tensor, as numpy's slices, with masks."""

from __future__ import annotations

from dataclasses import dataclass

from harness.graph import Graph, Node
from harness.ops._base import Layer
from harness.ops._check import refuse, version_at_most
from harness.ops._move import View, dense, gather_moves, inputs_of, integers, moved_type, moving_layer, take
from harness.ops._move_loops import moving_variant, no_macs

_NEWEST_VERSION = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class _Masks:
    """Bit k of each belongs to the k-th number of the specification."""

    begin: int
    end: int
    ellipsis: int
    new_axis: int
    shrink: int


def parse(node: Node, graph: Graph) -> Layer:
    """Check a slice and find the part that it takes; new and shrunk axes change the output's shape only."""
    version_at_most(node, graph, _NEWEST_VERSION)
    source, begin, end, stride = inputs_of(node, graph, 4)
    output = graph.tensor(node.outputs[0])
    kind = moved_type(node, graph, source, output)
    begins, ends, strides = (
        integers(node, graph, tensor, what) for tensor, what in ((begin, "begin"), (end, "end"), (stride, "stride"))
    )
    if not len(begins) == len(ends) == len(strides) or 0 in strides:
        raise refuse(node, graph, "its begin, end and stride must have one length and no stride may be 0")
    if node.options.boolean(5):
        raise refuse(node, graph, "its end is an offset from its beginning")
    masks = _Masks(
        begin=node.options.integer(0),
        end=node.options.integer(1),
        ellipsis=node.options.integer(2),
        new_axis=node.options.integer(3),
        shrink=node.options.integer(4),
    )
    if masks.ellipsis.bit_count() > 1:
        raise refuse(node, graph, "it has more than one ellipsis")
    view = _sliced(node, graph, dense(source.shape), tuple(zip(begins, ends, strides, strict=True)), masks)
    return moving_layer(node, (source, begin, end, stride), (output,), kind, gather_moves(node, graph, view, output))


def _sliced(node: Node, graph: Graph, view: View, triples: tuple[tuple[int, int, int], ...], masks: _Masks) -> View:
    """Return the part that the numbers (begin, end, stride) take, one for each axis but for ellipsis and new axes."""
    added = sum(1 for k in range(len(triples)) if masks.new_axis >> k & 1 and not masks.ellipsis >> k & 1)
    ellipsis = 1 if masks.ellipsis & ((1 << len(triples)) - 1) else 0
    spared = len(view) - (len(triples) - added - ellipsis)  # axes that the ellipsis stands for
    if spared < 0:
        raise refuse(node, graph, f"it slices more than {len(view)} dimensions")
    axis = 0
    for k, (first, last, step) in enumerate(triples):
        if masks.ellipsis >> k & 1:
            axis += spared
        elif not masks.new_axis >> k & 1:
            extent = len(view[axis])
            if masks.shrink >> k & 1:
                if not -extent <= first < extent:
                    raise refuse(node, graph, f"its index {first} leaves dimension {axis}")
                view = take(view, axis, [first % extent])
            else:
                start = None if masks.begin >> k & 1 else first
                view = take(view, axis, slice(start, None if masks.end >> k & 1 else last, step))
            if not len(view[axis]):
                raise refuse(node, graph, f"nothing is left of dimension {axis}")
            axis += 1
    return view


macs = no_macs
VARIANTS = (moving_variant("STRIDED_SLICE"),)
