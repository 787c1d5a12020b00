# SPDX-License-Identifier: Apache-2.0
"""The records of a bench, from what its stages found."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from statistics import median
from typing import TYPE_CHECKING

from harness.boards import Core
from harness.emulation import Counts
from harness.estimate import price, price_cycles
from harness.firmware import BuiltImage, Project
from harness.pipeline.environment import describe_environment
from harness.pipeline.request import BenchRequest
from harness.pipeline.target import Target
from harness.records import (
    Artifact,
    BufferPlace,
    Deployment,
    DroppedChannels,
    Firmware,
    How,
    LayerProfile,
    Measurement,
    Quantity,
    RamUse,
)
from harness.runtimes import LayerInfo, RenderedModel, Runtime

if TYPE_CHECKING:
    from harness.measure import Observed


def deployment_record(
    request: BenchRequest, artifact: Artifact, runtime: Runtime, target: Target, rendered: RenderedModel
) -> Deployment:
    """Return the identity of a model on a board by a runtime."""
    return Deployment(
        artifact=artifact.key,
        runtime=runtime.NAME,
        runtime_version=runtime.VERSION,
        board=target.board.id,
        board_key=target.board.key,
        optimize=request.optimize,
        plan=tuple((layer.name, layer.variant) for layer in rendered.layers),
    )


def firmware_record(image: BuiltImage, project: Project, deployment: Deployment) -> Firmware:
    """Return the record of a built image."""
    figures = image.figures
    return Firmware(
        build_key=project.build_key,
        deployment_key=deployment.key,
        elf_sha256=hashlib.sha256(image.elf.read_bytes()).hexdigest(),
        sections=figures.sections,
        flash=figures.flash,
        static_ram_bytes=figures.static_ram_bytes,
        model_ram_bytes=figures.model_ram_bytes,
        heap_bytes=figures.heap_bytes,
        toolchain=image.toolchain,
        flags=image.flags,
    )


def measurement_record(
    target: Target,
    deployment: Deployment,
    firmware: Firmware,
    rendered: RenderedModel,
    observed: Observed,
    fed: str,
) -> Measurement:
    """Return the record of a session with a device; latency and energy of a board that is not there are priced."""
    counts = observed.counts
    instructions = None
    latency, energy = _timed(observed), None
    if counts is not None:
        instructions = Quantity(
            value=counts.instructions, unit="instructions", how=How.COUNTED, source=f"{target.rig}, one inference"
        )
        if target.board.estimate is not None:
            latency, energy = price(target.board, counts.instructions, counted_on=target.machine.id)
    stack = observed.peak_stack_bytes
    return Measurement(
        id=uuid.uuid4().hex,
        build_key=firmware.build_key,
        deployment_key=deployment.key,
        rig=target.rig,
        environment=describe_environment(target, firmware),
        instructions=instructions,
        latency=latency,
        energy=energy,
        ram=RamUse(
            model_bytes=firmware.model_ram_bytes, stack_bytes=stack, total_bytes=firmware.static_ram_bytes + stack
        ),
        flash=firmware.flash,
        verification=observed.verification,
        layers=_profile(rendered, counts, target.board.core),
        buffers=buffer_places(rendered),
        output_sha256=observed.output_sha256,
        input_sha256=fed,
        samples_us=observed.samples_us,
        time=now(),
        cycles=None if counts is None else price_cycles(target.board.core, counts.classes),
        counted_cycles=_counted_cycles(target, counts),
        classes=() if counts is None else counts.classes,
    )


def _counted_cycles(target: Target, counts: Counts | None) -> Quantity | None:
    """Return the cycles of an emulator that is exact in them, and what they are at the board's clock."""
    if counts is None or counts.cycles is None:
        return None
    milliseconds, megahertz = counts.cycles / target.board.clock_hz * 1e3, target.board.clock_hz / 1e6
    source = f"{target.rig}, one inference; at {megahertz:g} MHz {milliseconds:,.3f} ms"
    return Quantity(value=counts.cycles, unit="cycles", how=How.COUNTED, source=source)


def _timed(observed: Observed) -> Quantity | None:
    """Return the median of a real board's samples with their extremes; an emulator's ticks are not time."""
    if not observed.samples_us:
        return None
    samples = observed.samples_us
    return Quantity(
        value=median(samples),
        unit="us",
        how=How.MEASURED,
        source=f"median of {len(samples)} on the device's timer",
        low=min(samples),
        high=max(samples),
    )


def _profile(rendered: RenderedModel, counts: Counts | None, core: Core) -> tuple[LayerProfile, ...]:
    layers = tuple(
        LayerProfile(
            name=layer.name,
            op=layer.op,
            macs=layer.macs,
            instructions=None,
            variant=layer.variant,
            dropped=_dropped(layer),
        )
        for layer in rendered.layers
    )
    return layers if counts is None else tuple(_with_counts(layer, counts, n, core) for n, layer in enumerate(layers))


def _with_counts(layer: LayerProfile, counts: Counts, number: int, core: Core) -> LayerProfile:
    classes = counts.layer_classes[number]
    cycles = price_cycles(core, classes)
    return replace(
        layer,
        instructions=counts.layer_instructions[number],
        reads=counts.layer_reads[number],
        classes=classes,
        cycles=None if cycles is None else replace(cycles, source=""),
        counted_cycles=counts.layer_cycles[number] if counts.layer_cycles else None,
    )


def buffer_places(rendered: RenderedModel) -> tuple[BufferPlace, ...]:
    """Return the memory plan with names for people: of inputs, of the layers that write a buffer, of scratch."""
    inputs = {f"tensor_{port.tensor}": f"input {number}" for number, port in enumerate(rendered.inputs)}
    written = {f"tensor_{layer.output.tensor}": layer.name for layer in rendered.layers}
    nodes = {f"scratch_{layer.node}": f"scratch of {layer.name}" for layer in rendered.layers}
    found = []
    for buffer in rendered.plan:
        kinds = (("input", inputs), ("layer", written), ("scratch", nodes))
        kind, name = next(((kind, names[buffer.name]) for kind, names in kinds if buffer.name in names), ("state", ""))
        found.append(
            BufferPlace(
                name=name or buffer.name.replace("_", " "),
                kind=kind,
                region=buffer.region,
                offset=buffer.offset,
                size_bytes=buffer.size_bytes,
                first_layer=buffer.first_layer,
                last_layer=buffer.last_layer,
            )
        )
    return tuple(found)


def _dropped(layer: LayerInfo) -> DroppedChannels | None:
    selection = layer.selection
    if selection is None:
        return None
    constant = len(selection.constants)
    unread = selection.channels - len(selection.kept) - constant
    return DroppedChannels(channels=selection.channels, constant=constant, unread=unread)


def now() -> str:
    """Return the time as records hold it: UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
