# SPDX-License-Identifier: Apache-2.0
"""The six records of the flow: Candidate, Artifact, Deployment, Firmware, Measurement, Failure.

Each is frozen, carries a ``schema`` number, and points back at the record that it came from by content hash.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from harness.canonical import canonical_json, content_key, from_plain, to_plain
from harness.verification import Distance, MetricEffect, Reference, Verification

__all__ = [
    "SCHEMA",
    "Artifact",
    "BenchOutcome",
    "BufferPlace",
    "Candidate",
    "CompressionStep",
    "Cycles",
    "Deployment",
    "Distance",
    "Failure",
    "Firmware",
    "FlashUse",
    "How",
    "LayerProfile",
    "Measurement",
    "MetricEffect",
    "Parameters",
    "Quantity",
    "RamUse",
    "Reference",
    "Scalar",
    "Section",
    "Verification",
    "canonical_json",
    "content_key",
    "from_plain",
    "to_plain",
]

SCHEMA = 1
Scalar: TypeAlias = str | int | float | bool
Parameters: TypeAlias = tuple[tuple[str, Scalar], ...]


class How(StrEnum):
    """How a figure was obtained; figures that differ in it never share a column."""

    MEASURED = "measured"  # on a real board
    COUNTED = "counted"  # exact: instructions in an emulator, bytes in an ELF
    MODELLED = "modelled"  # priced from counts
    HOST = "host"  # correct, its time means nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A figure with its unit, how it was obtained, from what, and its interval where there is one."""

    value: float
    unit: str
    how: How
    source: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompressionStep:
    """One compression technique with its parameters, in the order of application."""

    name: str
    parameters: Parameters = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A network, its compression and its seed: what a search proposes. Identity: hash of its canonical JSON."""

    task_key: str
    family: str
    parameters: Parameters
    compression: tuple[CompressionStep, ...]
    seed: int
    schema: int = SCHEMA

    @property
    def key(self) -> str:
        return content_key(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A model file, with the metrics that the host found. Identity: SHA-256 of the model's bytes.

    ``classes`` names what its outputs stand for, ``preprocessing`` how its input is made of what a sensor gives, where
    its task says so.
    """

    sha256: str
    name: str
    size_bytes: int
    candidate_key: str | None = None
    metrics: tuple[tuple[str, float], ...] = ()
    classes: tuple[str, ...] = ()
    preprocessing: Parameters = ()
    schema: int = SCHEMA

    @property
    def key(self) -> str:
        return self.sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """An artifact on a board by a runtime. Identity: hash of its canonical JSON."""

    artifact: str
    runtime: str
    runtime_version: str
    board: str
    board_key: str
    optimize: str
    plan: tuple[tuple[str, str], ...] = ()  # kernel variant by layer
    schema: int = SCHEMA

    @property
    def key(self) -> str:
        return content_key(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section of the linked image: where it lies and how large it is."""

    name: str
    region: str
    address: int
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FlashUse:
    """Bytes of flash: the model's constants, its functions with the library code that only they call, everything."""

    weights_bytes: int
    code_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Firmware:
    """A built image. Identity: ``build_key``, which is compiled into the image and answered in hello."""

    build_key: str
    deployment_key: str
    elf_sha256: str
    sections: tuple[Section, ...]
    flash: FlashUse
    static_ram_bytes: int
    model_ram_bytes: int
    heap_bytes: int
    toolchain: str
    flags: str
    schema: int = SCHEMA

    @property
    def key(self) -> str:
        return self.build_key


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedChannels:
    """Channels of a layer's output that are not computed: ``constant`` hold one value, ``unread`` nothing reads."""

    channels: int  # of the model file's tensor
    constant: int
    unread: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycles:
    """Cycles priced from counts: with memories that answer at once, and with a flash that has wait states."""

    zero_wait: int
    flash_wait: int
    how: How = How.MODELLED
    source: str = ""  # of a layer's it is that of the whole


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerProfile:
    """One layer of the deployed graph and what it cost."""

    name: str
    op: str
    macs: int
    instructions: int | None
    reads: tuple[tuple[str, int], ...] = ()  # bytes of data read by memory region, counted
    variant: str = ""
    dropped: DroppedChannels | None = None
    cycles: Cycles | None = None
    counted_cycles: int | None = None  # of an emulator that is exact in them
    classes: tuple[tuple[str, int], ...] = ()  # counted, by class of instruction; empty where they are not told apart


@dataclass(frozen=True, slots=True, kw_only=True)
class BufferPlace:
    """A buffer of the model in RAM: where it lies, and the layers, by position, during which it is in use."""

    name: str  # what it holds: "input 0", the layer whose output it is, "scratch of conv_2d_0"
    kind: str  # "input", "layer", "scratch" or "state"
    region: str
    offset: int
    size_bytes: int
    first_layer: int
    last_layer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RamUse:
    """Bytes of RAM: all that the inference occupies, its peak stack, and the whole static RAM plus that stack."""

    model_bytes: int
    stack_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What one firmware did on one rig."""

    id: str
    build_key: str
    deployment_key: str
    rig: str
    environment: tuple[tuple[str, str], ...]
    instructions: Quantity | None
    latency: Quantity | None
    energy: Quantity | None
    ram: RamUse
    flash: FlashUse
    verification: Verification
    layers: tuple[LayerProfile, ...]
    output_sha256: str
    input_sha256: str = ""  # of all inputs in the model's order: the counts depend on them
    samples_us: tuple[float, ...] = ()
    time: str = ""  # UTC, ISO 8601
    cycles: Cycles | None = None
    counted_cycles: Quantity | None = None  # of an emulator that is exact in them; never in a column with modelled ones
    classes: tuple[tuple[str, int], ...] = ()
    buffers: tuple[BufferPlace, ...] = ()  # the memory plan
    schema: int = SCHEMA


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a stage failed, stored like a result; ``kind`` is the name of the error's class."""

    id: str
    belongs_to: str  # key of a Candidate, Artifact, Deployment or Firmware
    stage: str
    kind: str
    message: str
    log_sha256: str | None = None
    violation: float = 0.0  # bytes or other units beyond a limit, for searches
    board: str = ""  # empty where no board was involved, as in training
    time: str = ""
    schema: int = SCHEMA


WAIT = "waiting"  # among the seconds of a bench by stage


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchOutcome:
    """The end of one model on one board: exactly one of ``measurement`` and ``failure`` is set."""

    model: str
    board: str
    runtime: str
    artifact: Artifact | None = None
    deployment: Deployment | None = None
    firmware: Firmware | None = None
    measurement: Measurement | None = None
    failure: Failure | None = None
    exit_code: int = 0
    cached: bool = False
    seconds: tuple[tuple[str, float], ...] = field(default=())  # by stage; the wait for a port is one of its own

    @property
    def waited_seconds(self) -> float:
        """Return for how long another job or process had the board's port: no time of this model's."""
        return dict(self.seconds).get(WAIT, 0.0)
