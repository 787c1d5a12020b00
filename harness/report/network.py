# SPDX-License-Identifier: Apache-2.0
"""A network as a picture: layers from top to bottom in order of execution, tensors as lines between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.errors import HarnessError
from harness.graph import Graph, Node, Tensor
from harness.passes import simplify
from harness.records import LayerProfile
from harness.report.bars import LayerBar
from harness.tflite import read_model

LEFT, TOP = 8, 6
BOX, HEIGHT, GAP, LANE = 272, 46, 20, 13
MOST_LAYERS = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A layer, or an input of the model where ``op`` is empty. ``share`` is of the whole cost, None where unknown."""

    y: float
    name: str
    op: str
    shape: str  # of its output
    weights_bytes: int
    macs: int | None
    instructions: int | None
    share: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPicture:
    """The boxes, and the lines between them as SVG paths; ``reduced`` where channels of the file are left out."""

    boxes: tuple[Box, ...]
    lines: tuple[str, ...]
    width: float
    height: float
    reduced: bool


def network_picture(model: bytes, name: str, layers: Sequence[LayerBar]) -> NetworkPicture | None:
    """Return the picture of the graph that is deployed; None for one that cannot be read or has too many layers."""
    try:
        graph = simplify(read_model(model, name=name))
    except HarnessError:
        return None
    if len(graph.nodes) > MOST_LAYERS:
        return None
    costs = {bar.layer.name: bar for bar in layers}
    boxes = [_input(graph.tensor(index), number, at) for at, (number, index) in enumerate(enumerate(graph.inputs))]
    boxes += [_layer(graph, node, costs, at) for at, node in enumerate(graph.nodes, start=len(boxes))]
    lines, lanes = _lines(graph)
    return NetworkPicture(
        boxes=tuple(boxes),
        lines=lines,
        width=LEFT + BOX + (lanes + 1) * LANE,
        height=_y(len(boxes)) - GAP + TOP,
        reduced=any(tensor.selection is not None for tensor in graph.tensors.values()),
    )


def shape_text(tensor: Tensor) -> str:
    """Return a tensor's shape and type: ``1×8×8×4 int8``."""
    return f"{'×'.join(map(str, tensor.shape)) or 'scalar'} {tensor.dtype.value}"


def _y(at: int) -> float:
    return TOP + at * (HEIGHT + GAP)


def _input(tensor: Tensor, number: int, at: int) -> Box:
    return Box(
        y=_y(at),
        name=f"input {number}",
        op="",
        shape=shape_text(tensor),
        weights_bytes=0,
        macs=None,
        instructions=None,
        share=None,
    )


def _layer(graph: Graph, node: Node, costs: Mapping[str, LayerBar], at: int) -> Box:
    name = f"{node.op.lower()}_{node.index}"
    bar = costs.get(name)
    layer: LayerProfile | None = bar.layer if bar else None
    return Box(
        y=_y(at),
        name=name,
        op=node.op,
        shape=", ".join(shape_text(graph.tensor(index)) for index in node.outputs),
        weights_bytes=sum(tensor.size_bytes for tensor in _inputs(graph, node) if tensor.data is not None),
        macs=layer.macs if layer else None,
        instructions=layer.instructions if layer else None,
        share=bar.share if bar else None,
    )


def _inputs(graph: Graph, node: Node) -> list[Tensor]:
    return [graph.tensor(index) for index in dict.fromkeys(node.inputs) if index >= 0]


def _lines(graph: Graph) -> tuple[tuple[str, ...], int]:
    """Return a path for each tensor that one box hands to another, and how many lanes beside the boxes they take."""
    made = {index: at for at, index in enumerate(graph.inputs)}
    edges = []
    for at, node in enumerate(graph.nodes, start=len(graph.inputs)):
        edges += sorted({(made[index], at) for index in node.inputs if index in made})
        made |= dict.fromkeys(node.outputs, at)
    straight = [f"M{LEFT + BOX / 2:g} {_y(one) + HEIGHT:g}V{_y(other):g}" for one, other in edges if other == one + 1]
    arcs: list[str] = []
    busy: list[int] = []  # for each lane the last box that a line in it leads to
    for one, other in sorted(edge for edge in edges if edge[1] > edge[0] + 1):
        lane = next((lane for lane, until in enumerate(busy) if until <= one), len(busy))
        busy[lane : lane + 1] = [other]
        arcs.append(_arc(one, other, lane))
    return (*straight, *arcs), len(busy)


def _arc(one: int, other: int, lane: int) -> str:
    edge, out = LEFT + BOX, LEFT + BOX + (lane + 1) * LANE
    begin, end = _y(one) + HEIGHT * 0.7, _y(other) + HEIGHT * 0.3
    down = f"M{edge:g} {begin:g}H{out - 5:g}Q{out:g} {begin:g} {out:g} {begin + 5:g}V{end - 5:g}"
    return f"{down}Q{out:g} {end:g} {out - 5:g} {end:g}H{edge:g}"
