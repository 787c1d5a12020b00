# SPDX-License-Identifier: Apache-2.0
"""Bars as shares: what each layer costs, what lies in RAM and in flash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from harness.boards import Board
from harness.records import LayerProfile
from harness.report.figures import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerBar:
    """A layer with its share of the whole, and the length of its bar against the largest layer; both 0 to 1."""

    layer: LayerProfile
    share: float
    length: float
    per_mac: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A part of a memory: ``start`` and ``share`` are of the bar, 0 to 1."""

    name: str
    size_bytes: int
    start: float
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryBar:
    """One kind of memory in parts; ``capacity_bytes`` is what the board has of it, None where unknown."""

    kind: Literal["ram", "flash"]
    total_bytes: int
    capacity_bytes: int | None
    segments: tuple[Segment, ...]


def layer_bars(layers: Sequence[LayerProfile]) -> tuple[LayerBar, ...]:
    """Return a bar for each layer: by instructions where they were counted, else by multiply-accumulates."""
    costs = [layer.instructions or 0 for layer in layers] if counted(layers) else [layer.macs for layer in layers]
    total, largest = sum(costs) or 1, max(costs, default=0) or 1
    return tuple(
        LayerBar(
            layer=layer,
            share=cost / total,
            length=cost / largest,
            per_mac=layer.instructions / layer.macs if layer.instructions and layer.macs else None,
        )
        for layer, cost in zip(layers, costs, strict=True)
    )


def counted(layers: Sequence[LayerProfile]) -> bool:
    """Tell whether the layers' instructions are known."""
    return any(layer.instructions is not None for layer in layers)


def memory_bars(entry: Entry, board: Board | None) -> tuple[MemoryBar, MemoryBar]:
    """Return how RAM and flash divide: the parts of each add up to its total."""
    ram, flash, heap = entry.measurement.ram, entry.measurement.flash, 0
    if entry.firmware is not None:
        heap = min(entry.firmware.heap_bytes, ram.total_bytes - ram.stack_bytes - ram.model_bytes)
    static = ram.total_bytes - ram.stack_bytes
    in_ram = [
        ("Model: activations and scratch", ram.model_bytes),
        ("Other static data", static - ram.model_bytes - heap),
        ("Heap", heap),
        ("Peak stack of the inference", ram.stack_bytes),
    ]
    in_flash = [
        ("Weights", flash.weights_bytes),
        ("Code of the model", flash.code_bytes),
        ("HAL, link and C library", flash.total_bytes - flash.weights_bytes - flash.code_bytes),
    ]
    return (
        MemoryBar(
            kind="ram",
            total_bytes=ram.total_bytes,
            capacity_bytes=_capacity(board, "ram"),
            segments=_segments(in_ram, ram.total_bytes),
        ),
        MemoryBar(
            kind="flash",
            total_bytes=flash.total_bytes,
            capacity_bytes=_capacity(board, "flash"),
            segments=_segments(in_flash, flash.total_bytes),
        ),
    )


def _capacity(board: Board | None, kind: str) -> int | None:
    if board is None or board.kind == "host":
        return None
    return sum(memory.size_bytes for memory in board.memories if memory.kind == kind) or None


def _segments(parts: Sequence[tuple[str, int]], total: int) -> tuple[Segment, ...]:
    segments, start = [], 0.0
    for name, size in parts:
        share = size / total if total else 0.0
        if size > 0:
            segments.append(Segment(name=name, size_bytes=size, start=start, share=share))
            start += share
    return tuple(segments)
