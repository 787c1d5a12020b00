# SPDX-License-Identifier: Apache-2.0
"""Leave out channels of activations that need not be computed, exactly.

A channel goes where every operator that reads it can do without it: because it holds one value only, whose effect is
added to the reader's bias (under a padded window only the zero point can be added so, for it is what the padding
holds), or because no weight reads it. A depthwise convolution, an addition, a pool or a reshape loses a channel only
together with the same channel on its other side, so that channels are decided in classes. Inputs and outputs of the
model, and what other operators touch, keep all of theirs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.graph import DType, Graph, Node, Tensor
from harness.ops import Layer
from harness.ops import conv_2d as conv_op
from harness.passes.intervals import Interval, channel_intervals
from harness.passes.remove_channels import Removal, remove_channels

Mask = NDArray[np.bool_]
_MOST_CHANNELS = 1 << 17  # in all tensors: a short file may claim any shape, and each channel takes memory here


def drop_constant_channels(graph: Graph) -> Graph:
    """Return the graph without the channels that can be left out; ``Tensor.selection`` says which those are.

    Nothing is run: what a channel can hold follows from the weights. At least one channel of every tensor stays.
    """
    if sum(_channels(tensor) for tensor in graph.tensors.values() if tensor.data is None) > _MOST_CHANNELS:
        return graph
    intervals, layers = channel_intervals(graph)
    ports = _ports(graph, layers)
    classes = _Classes(graph, ports)
    kept = {index: np.ones(_channels(graph.tensor(index)), np.bool_) for index in intervals}
    while classes.drop(kept, _needed(graph, ports, intervals, kept)):
        pass  # a dropped output may have been the last reader of an input
    if all(mask.all() for mask in kept.values()):
        return graph
    constants = {
        index: {int(c): int(interval.low[c]) for c in np.flatnonzero(interval.constant & ~kept[index])}
        for index, interval in intervals.items()
    }
    return remove_channels(graph, layers, Removal(kept=kept, constants=constants))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Port:
    """How a layer treats channels: tied side by side, or folded away where it reads and left out where it writes."""

    layer: Layer
    tied: tuple[int, ...] = ()  # computed inputs whose channel c (modulo their number) is the output's channel c
    folds: bool = False  # the first input's channels may go into the bias
    writes: bool = False  # the output's channels are computed one by one


def _ports(graph: Graph, layers: Mapping[int, Layer]) -> dict[int, _Port]:
    """Return what is known of the nodes that may lose channels, by number."""
    uses = Counter(index for node in graph.nodes for index in node.inputs)
    found: dict[int, _Port] = {}
    for node in graph.nodes:
        layer = layers.get(node.index)
        own = all(uses[index] == 1 for index in node.inputs if index != -1 and graph.tensor(index).data is not None)
        if layer is not None and (own or node.op == "RESHAPE"):
            port = _port(layer)
            if port is not None:
                found[node.index] = port
    return found


def _port(layer: Layer) -> _Port | None:
    source, output = layer.inputs[0], layer.outputs[0]
    match layer.node.op:
        case "CONV_2D":
            parameters = layer.parameters
            assert isinstance(parameters, conv_op.Parameters)
            return _Port(layer=layer, folds=True, writes=True) if parameters.groups == 1 else None
        case "FULLY_CONNECTED":
            weights = layer.inputs[1]
            assert source is not None
            assert weights is not None
            return _Port(
                layer=layer,
                folds=source.shape[-1:] == weights.shape[1:],
                writes=output.shape[-1] == weights.shape[0],
            )
        case "DEPTHWISE_CONV_2D":
            assert source is not None
            if source.shape[3] == output.shape[3]:
                return _Port(layer=layer, tied=(source.index,))
            return _Port(layer=layer, writes=True) if source.shape[3] == 1 else None
        case "ADD":
            computed = [t for t in layer.inputs if t is not None and t.data is None]
            fits = all(t.shape == output.shape for t in computed)
            return _Port(layer=layer, tied=tuple(t.index for t in computed)) if fits else None
        case "AVERAGE_POOL_2D" | "MAX_POOL_2D":
            assert source is not None
            return _Port(layer=layer, tied=(source.index,))
        case "RESHAPE":
            assert source is not None
            whole = bool(source.shape) and output.shape[-1] % source.shape[-1] == 0
            return _Port(layer=layer, tied=(source.index,)) if whole else None
    return None


class _Classes:
    """Channels of tensors, joined where they can go only together; a union of sets (Tarjan, 1975)."""

    def __init__(self, graph: Graph, ports: Mapping[int, _Port]) -> None:
        self._start: dict[int, int] = {}
        total = 0
        for index, tensor in graph.tensors.items():
            self._start[index] = total
            total += _channels(tensor) if tensor.data is None else 0
        self._parent = list(range(total))
        self._fixed: set[int] = set()
        self._join(graph, ports)

    def drop(self, kept: dict[int, Mask], needed: Mapping[int, Mask]) -> bool:
        """Clear in ``kept`` the classes of which nothing is needed; tell whether anything changed."""
        blocked = {self._find(member) for member in self._fixed}
        blocked |= {self._find(self._start[i] + int(c)) for i, mask in needed.items() for c in np.flatnonzero(mask)}
        while True:  # a tensor that would be empty keeps its first channel, and with it that channel's class
            going = {
                index: np.array([self._find(self._start[index] + c) not in blocked for c in range(len(mask))], np.bool_)
                for index, mask in kept.items()
            }
            empty = [index for index, mask in going.items() if mask.all()]
            if not empty:
                break
            blocked |= {self._find(self._start[index]) for index in empty}
        changed = False
        for index, mask in going.items():
            changed |= bool((mask & kept[index]).any())
            kept[index] = ~mask
        return changed

    def _find(self, member: int) -> int:
        while self._parent[member] != member:
            self._parent[member] = self._parent[self._parent[member]]
            member = self._parent[member]
        return member

    def _join(self, graph: Graph, ports: Mapping[int, _Port]) -> None:
        self._fix(graph, (*graph.inputs, *graph.outputs))
        self._fix(graph, tuple(i for i, t in graph.tensors.items() if t.is_variable or t.dtype is not DType.INT8))
        for node in graph.nodes:
            port = ports.get(node.index)
            computed = tuple(index for index in node.inputs if index != -1 and graph.tensor(index).data is None)
            if port is None:
                self._fix(graph, (*computed, *node.outputs))
                continue
            if not port.folds:
                self._fix(graph, tuple(index for index in computed if index not in port.tied))
            if not port.writes and not port.tied:
                self._fix(graph, node.outputs)
            output = node.outputs[0]
            for index in port.tied:
                channels = _channels(graph.tensor(index))
                for c in range(_channels(graph.tensor(output))):
                    one, other = self._start[output] + c, self._start[index] + c % channels
                    self._parent[self._find(one)] = self._find(other)

    def _fix(self, graph: Graph, tensors: tuple[int, ...]) -> None:
        for index in tensors:
            if graph.tensor(index).data is None:
                start = self._start[index]
                self._fixed.update(range(start, start + _channels(graph.tensor(index))))


def _needed(
    graph: Graph, ports: Mapping[int, _Port], intervals: Mapping[int, Interval], kept: Mapping[int, Mask]
) -> dict[int, Mask]:
    """Return which channels of each tensor some layer reads with a weight that its bias cannot stand for."""
    needed = {index: np.zeros(len(mask), np.bool_) for index, mask in kept.items()}
    for node, port in _folding(graph, ports):
        source, weights = port.layer.inputs[0], port.layer.inputs[1]
        assert source is not None
        assert weights is not None
        assert weights.data is not None
        interval = intervals[source.index]
        rows = weights.data.reshape(weights.shape)[kept[node.outputs[0]]] if port.writes else weights.data
        read = np.any(rows.reshape(-1, weights.shape[-1]) != 0, axis=0)
        foldable = interval.constant
        parameters = port.layer.parameters
        if isinstance(parameters, conv_op.Parameters) and parameters.window.padded:
            foldable = foldable & (interval.low == parameters.input_zero)
        needed[source.index] |= read & ~foldable
    return needed


def _folding(graph: Graph, ports: Mapping[int, _Port]) -> Iterator[tuple[Node, _Port]]:
    return ((node, ports[node.index]) for node in graph.nodes if node.index in ports and ports[node.index].folds)


def _channels(tensor: Tensor) -> int:
    return tensor.shape[-1] if tensor.shape else 1
