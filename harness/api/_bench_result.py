# SPDX-License-Identifier: Apache-2.0
"""What a bench gives: the object of Python and the one of ``--json`` have the same names; docs/json.md has them all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.canonical import to_plain
from harness.records import (
    BenchOutcome,
    Cycles,
    Distance,
    DroppedChannels,
    FlashUse,
    How,
    LayerProfile,
    MetricEffect,
    Quantity,
    Reference,
    Section,
)

_NOT_IN_JSON = ("outcome", "outputs")


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelDistance:
    """How far a runtime's own kernels are from the TFLite reference: values compared, those that differ, the most.

    ``effect`` is a task's metric with both, where a task was named.
    """

    inputs: int
    values: int
    different: int
    share: float
    largest: float
    effect: MetricEffect | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """How many inputs and layers were compared with the golden outputs, and by which rule.

    ``steps`` are those of one sequence without a reset, 0 where the model has no state.
    ``distance`` is given where the golden outputs are not those of the TFLite reference. ``replaced_values`` are the
    elements of inputs that the reference refuses, each replaced by the nearest that it accepts.
    """

    rule: str
    reference: Reference
    inputs: int
    layers: int
    steps: int
    distance: KernelDistance | None
    replaced_values: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A figure with its interval, and how it was obtained."""

    value: float
    low: float | None
    high: float | None
    how: How
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerCycles:
    """Cycles of a layer, with memories that answer at once and with a flash that has wait states."""

    zero_wait: int
    flash_wait: int
    how: How


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A layer of the deployed graph; ``read_bytes`` by memory region, ``classes`` counted by class of instruction."""

    name: str
    op: str
    macs: int
    instructions: int | None
    cycles: LayerCycles | None
    counted_cycles: int | None
    variant: str
    read_bytes: Mapping[str, int] = field(repr=False)
    classes: Mapping[str, int] = field(repr=False)
    dropped_channels: DroppedChannels | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ram:
    """Bytes of RAM: what the inference occupies, its peak stack, all static RAM plus that stack; the heap."""

    model_bytes: int
    stack_bytes: int
    total_bytes: int
    heap_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchResult:
    """A verified measurement of one model on one board.

    ``outputs`` are the model's outputs in its order where they were asked for; ``outcome`` holds the records.
    Printed it shows the figures of the whole model; all else is there by name.
    """

    model: str
    board: str
    runtime: str
    verified: bool
    verification: Verified = field(repr=False)
    output_sha256: str = field(repr=False)
    build_key: str = field(repr=False)
    measurement: str
    rig: str
    environment: Mapping[str, str] = field(repr=False)
    cached: bool
    instructions: int | None
    cycles: Cycles | None
    counted_cycles: int | None
    classes: Mapping[str, int] = field(repr=False)
    latency_us: Estimate | None
    energy_uj: Estimate | None
    layers: tuple[Layer, ...] = field(repr=False)
    ram: Ram
    flash: FlashUse
    sections: tuple[Section, ...] = field(repr=False)
    seconds: Mapping[str, float] = field(repr=False)
    outcome: BenchOutcome = field(repr=False)
    outputs: tuple[NDArray[np.generic], ...] | None = field(default=None, repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Return the object of ``harness bench --json``: plain JSON values."""
        return {f.name: to_plain(getattr(self, f.name)) for f in fields(self) if f.name not in _NOT_IN_JSON}


def bench_result(outcome: BenchOutcome, outputs: tuple[NDArray[np.generic], ...] | None = None) -> BenchResult:
    """Return the result of a bench that ended with a measurement."""
    found, firmware = outcome.measurement, outcome.firmware
    assert found is not None
    assert firmware is not None
    verification = found.verification
    return BenchResult(
        model=outcome.model,
        board=outcome.board,
        runtime=outcome.runtime,
        verified=verification.verified,
        verification=Verified(
            rule=verification.rule,
            reference=verification.reference,
            inputs=verification.inputs,
            layers=verification.layers,
            steps=verification.steps,
            distance=_distance(verification.distance),
            replaced_values=verification.replaced_values,
        ),
        output_sha256=found.output_sha256,
        build_key=found.build_key,
        measurement=found.id,
        rig=found.rig,
        environment=dict(found.environment),
        cached=outcome.cached,
        instructions=None if found.instructions is None else int(found.instructions.value),
        cycles=found.cycles,
        counted_cycles=None if found.counted_cycles is None else int(found.counted_cycles.value),
        classes=dict(found.classes),
        latency_us=_estimate(found.latency),
        energy_uj=_estimate(found.energy),
        layers=tuple(_layer(layer) for layer in found.layers),
        ram=Ram(
            model_bytes=found.ram.model_bytes,
            stack_bytes=found.ram.stack_bytes,
            total_bytes=found.ram.total_bytes,
            heap_bytes=firmware.heap_bytes,
        ),
        flash=found.flash,
        sections=firmware.sections,
        seconds=dict(outcome.seconds),
        outcome=outcome,
        outputs=outputs,
    )


def _distance(found: Distance | None) -> KernelDistance | None:
    if found is None:
        return None
    return KernelDistance(
        inputs=found.inputs,
        values=found.values,
        different=found.different,
        share=found.share,
        largest=found.largest,
        effect=found.effect,
    )


def _layer(layer: LayerProfile) -> Layer:
    cycles = layer.cycles
    return Layer(
        name=layer.name,
        op=layer.op,
        macs=layer.macs,
        instructions=layer.instructions,
        cycles=None if cycles is None else _layer_cycles(cycles),
        counted_cycles=layer.counted_cycles,
        variant=layer.variant,
        read_bytes=dict(layer.reads),
        classes=dict(layer.classes),
        dropped_channels=layer.dropped,
    )


def _layer_cycles(cycles: Cycles) -> LayerCycles:
    return LayerCycles(zero_wait=cycles.zero_wait, flash_wait=cycles.flash_wait, how=cycles.how)


def _estimate(quantity: Quantity | None) -> Estimate | None:
    if quantity is None:
        return None
    return Estimate(
        value=quantity.value, low=quantity.low, high=quantity.high, how=quantity.how, source=quantity.source
    )
