# SPDX-License-Identifier: Apache-2.0
"""One dilated convolution for the three operators that TensorFlow writes for it.

SPACE_TO_BATCH_ND takes what lies a block apart as images of their own, a convolution goes over them, BATCH_TO_SPACE_ND
puts them together: the same sums as those of a filter whose taps lie a block apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from harness.graph import DType, Graph, Node, Options, Quantization, Tensor
from harness.ops._window import FIELDS, SAME, VALID

_FOLDED = ("CONV_2D", "DEPTHWISE_CONV_2D")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Changed:
    """Options of which some integers are others."""

    options: Options
    integers_by_field: Mapping[int, int]

    def integer(self, field: int, default: int = 0, *, bits: int = 32) -> int:
        found = self.integers_by_field.get(field)
        return self.options.integer(field, default, bits=bits) if found is None else found

    def boolean(self, field: int, default: bool = False) -> bool:
        return self.options.boolean(field, default)

    def real(self, field: int, default: float = 0.0) -> float:
        return self.options.real(field, default)

    def integers(self, field: int) -> tuple[int, ...]:
        return self.options.integers(field)


def fold_dilation(graph: Graph) -> Graph:
    """Return the graph with dilated convolutions for such threes, where that is exact; the others stay three.

    It is not where a scale changes on the way, weights are not finite (the padding's zeros would not stay zeros), each
    image of floats is quantized by itself for weights of int8, or padding and cropping together are neither SAME nor
    VALID. The node keeps the numbers of all three operators.
    """
    readers: dict[int, list[Node]] = {}
    for node in graph.nodes:
        for index in set(node.inputs):
            readers.setdefault(index, []).append(node)
    folded: dict[int, Node] = {}
    dropped: set[int] = set()
    for first in graph.nodes:
        middle = _only_reader(graph, readers, first) if first.op == "SPACE_TO_BATCH_ND" else None
        last = _only_reader(graph, readers, middle) if middle is not None and middle.op in _FOLDED else None
        if middle is None or last is None or last.op != "BATCH_TO_SPACE_ND":
            continue
        whole = _fold(graph, first, middle, last)
        if whole is not None:
            folded[middle.index] = whole
            dropped |= {first.index, last.index}
    nodes = tuple(folded.get(node.index, node) for node in graph.nodes if node.index not in dropped)
    return replace(graph, nodes=nodes)


def _only_reader(graph: Graph, readers: Mapping[int, list[Node]], node: Node) -> Node | None:
    """Return the node that reads another's output first, where it is the only one and the model does not show it."""
    found = readers.get(node.outputs[0], [])
    alone = len(found) == 1 and len(node.outputs) == 1 and node.outputs[0] not in graph.outputs
    return found[0] if alone and found[0].inputs[0] == node.outputs[0] else None


def _fold(graph: Graph, first: Node, middle: Node, last: Node) -> Node | None:
    """Return the dilated convolution, or None where it would not be the same."""
    if len(first.inputs) != 3 or len(last.inputs) != 3 or len(middle.inputs) < 2:
        return None
    if -1 in (*first.inputs, *last.inputs, *middle.inputs[:2]):
        return None
    source, weights, output = (graph.tensor(n) for n in (first.inputs[0], middle.inputs[1], last.outputs[0]))
    block, padding, crops = (_values(graph.tensor(n)) for n in (*first.inputs[1:], last.inputs[2]))
    if len(source.shape) != 4 or len(weights.shape) != 4 or len(output.shape) != 4 or weights.data is None:
        return None
    if len(block) != 2 or block != _values(graph.tensor(last.inputs[1])) or len(padding) != 4 or len(crops) != 4:
        return None
    fields, options = FIELDS[middle.op], middle.options
    assert fields.dilation is not None
    plain = [options.integer(fields.padding, bits=8), *(options.integer(field) for field in fields.stride)]
    if plain != [VALID, 1, 1] or any(options.integer(field, 1) != 1 for field in fields.dilation):
        return None
    if not _same_numbers(graph, first) or not _same_numbers(graph, last):
        return None
    if source.dtype is DType.FLOAT32 and weights.dtype is DType.INT8:
        return None
    if weights.data.dtype.kind == "f" and not bool(np.isfinite(weights.data).all()):
        return None
    found = _padding(source, weights, output, block, (padding[0] - crops[0], padding[2] - crops[2]))
    if found is None:
        return None
    changed = {fields.padding: found, **dict(zip(fields.dilation, block, strict=True))}
    return replace(
        middle,
        inputs=(first.inputs[0], *middle.inputs[1:]),
        outputs=last.outputs,
        options=_Changed(options=options, integers_by_field=changed),
        fused=(first.index, middle.index, last.index),
    )


def _padding(
    source: Tensor, weights: Tensor, output: Tensor, block: tuple[int, ...], before: tuple[int, int]
) -> int | None:
    """Return the padding of the dilated convolution, None where neither has ``before`` zeros and the same output."""
    axes = [
        (source.shape[1 + k], output.shape[1 + k], (weights.shape[1 + k] - 1) * block[k], before[k]) for k in range(2)
    ]
    if all(wanted == extent - reach and zeros == 0 for extent, wanted, reach, zeros in axes):
        return VALID
    if all(wanted == extent and zeros == reach // 2 for extent, wanted, reach, zeros in axes):
        return SAME
    return None


def _values(tensor: Tensor) -> tuple[int, ...]:
    return () if tensor.data is None else tuple(int(value) for value in tensor.data.reshape(-1).tolist())


def _same_numbers(graph: Graph, node: Node) -> bool:
    """Tell whether an operator's output stands for the same reals as its input."""
    source, output = graph.tensor(node.inputs[0]), graph.tensor(node.outputs[0])
    return source.dtype is output.dtype and _meaning(source.quantization) == _meaning(output.quantization)


def _meaning(quantization: Quantization | None) -> tuple[tuple[float, ...], tuple[int, ...]] | None:
    return None if quantization is None else (quantization.scales, quantization.zero_points)
