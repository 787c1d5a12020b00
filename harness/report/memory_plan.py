# SPDX-License-Identifier: Apache-2.0
"""The memory plan over time as geometry: buffers are rectangles, layers lie along x, addresses along y."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.records import BufferPlace, LayerProfile

LEFT, RIGHT, TOP, BOTTOM = 56, 8, 8, 34
_COLUMN, _MOST_WIDTH, _LEAST_WIDTH = 52, 1100, 760
_HEIGHT = 240
_GLYPH = 6.2  # of a label's letters, on average
_LINE = 13


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRectangle:
    """A buffer: its corner and extent in the units of the view box, and how it is called if there is room for it."""

    buffer: BufferPlace
    x: float
    y: float
    width: float
    height: float
    kind: str  # "input", "layer", "scratch" or "state"
    label: str
    first: str  # names of the layers between which it lives
    last: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPicture:
    """The buffers of one memory; ``columns`` are the places of the layers' numbers, ``ticks`` those of addresses."""

    region: str
    total_bytes: int
    busiest: str  # layer at which the most bytes are in use
    busiest_bytes: int
    width: float
    height: float
    rectangles: tuple[PlanRectangle, ...]
    columns: tuple[tuple[float, int], ...]
    ticks: tuple[tuple[float, int], ...]


def plan_pictures(buffers: Sequence[BufferPlace], layers: Sequence[LayerProfile]) -> tuple[PlanPicture, ...]:
    """Return a picture for each memory that holds buffers, in the order of the buffers."""
    regions = dict.fromkeys(buffer.region for buffer in buffers)
    return tuple(_picture([b for b in buffers if b.region == region], region, layers) for region in regions)


def _picture(buffers: Sequence[BufferPlace], region: str, layers: Sequence[LayerProfile]) -> PlanPicture:
    steps = max(buffer.last_layer for buffer in buffers) + 1
    total = max(buffer.offset + buffer.size_bytes for buffer in buffers)
    inside = min(max(steps * _COLUMN, _LEAST_WIDTH), _MOST_WIDTH) - LEFT - RIGHT
    step, scale = inside / steps, _HEIGHT / max(total, 1)
    names = [layer.name for layer in layers]
    in_use = [_bytes_in_use(buffers, at) for at in range(steps)]
    busiest = max(range(steps), key=in_use.__getitem__)
    rectangles = tuple(
        _rectangle(buffer, step, scale, total, names) for buffer in sorted(buffers, key=lambda b: -b.size_bytes)
    )
    return PlanPicture(
        region=region,
        total_bytes=total,
        busiest=_name(names, busiest),
        busiest_bytes=in_use[busiest],
        width=LEFT + inside + RIGHT,
        height=TOP + _HEIGHT + BOTTOM,
        rectangles=rectangles,
        columns=tuple((round(LEFT + (at + 0.5) * step, 1), at) for at in range(steps) if at % _every(step) == 0),
        ticks=tuple((round(TOP + _HEIGHT - share * _HEIGHT, 1), round(total * share)) for share in (0.0, 0.5, 1.0)),
    )


def _every(step: float) -> int:
    """Return of how many layers one is numbered, so that numbers do not touch."""
    return max(1, -(-22 // int(max(step, 1))))


def _bytes_in_use(buffers: Sequence[BufferPlace], at: int) -> int:
    """Return how many bytes hold something during a layer; what two buffers share counts once."""
    ranges = sorted((b.offset, b.offset + b.size_bytes) for b in buffers if b.first_layer <= at <= b.last_layer)
    used = end = 0
    for low, high in ranges:
        used += max(0, high - max(low, end))
        end = max(end, high)
    return used


def _rectangle(buffer: BufferPlace, step: float, scale: float, total: int, names: Sequence[str]) -> PlanRectangle:
    width = (buffer.last_layer - buffer.first_layer + 1) * step
    height = buffer.size_bytes * scale
    fits = height >= _LINE and width >= len(buffer.name) * _GLYPH + 6
    return PlanRectangle(
        buffer=buffer,
        x=round(LEFT + buffer.first_layer * step, 1),
        y=round(TOP + (total - buffer.offset - buffer.size_bytes) * scale, 1),
        width=round(width, 1),
        height=round(max(height, 1.0), 1),
        kind=buffer.kind,
        label=buffer.name if fits else "",
        first=_name(names, buffer.first_layer),
        last=_name(names, buffer.last_layer),
    )


def _name(names: Sequence[str], at: int) -> str:
    return names[at] if at < len(names) else f"layer {at}"
