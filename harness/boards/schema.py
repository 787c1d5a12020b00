# SPDX-License-Identifier: Apache-2.0
"""The schema of a board's file. An unknown key is an error."""

from __future__ import annotations

import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_serializer, field_validator, model_validator

from harness.records import content_key

Use = Literal["code", "weights", "activations", "data", "stack"]
# A compiler's option as it may stand in a command line: nothing that a shell, SCons or an INI file would expand.
Flag = Annotated[str, StringConstraints(pattern=r"^-[A-Za-z0-9_=+.,/-]+$")]


# What a HAL that serves several boards must be told: register blocks and interrupt numbers.
HardwareName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
HardwareNumber = Annotated[int, Field(ge=0, lt=1 << 32)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Memory(_Strict):
    """A memory of the board: where it lies, how large it and its largest static block are, what may live there."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    kind: Literal["flash", "ram"]
    address: int = Field(ge=0)
    size_bytes: int = Field(gt=0)
    largest_block_bytes: int | None = Field(default=None, gt=0)
    wait_states: int = Field(default=0, ge=0)
    holds: tuple[Use, ...]

    @property
    def block_bytes(self) -> int:
        """Largest single static object that fits."""
        return self.largest_block_bytes or self.size_bytes


class FirmwareFacts(_Strict):
    """Which hardware abstraction the firmware uses: a folder of ``firmware_templates/hal``.

    ``hardware`` are numbers that its sources see as ``HAL_<NAME>``; in the file it is a table.
    """

    hal: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    baud: int = Field(default=115_200, gt=0)
    stack_bytes: int = Field(default=16_384, gt=0, multiple_of=8)
    hardware: tuple[tuple[HardwareName, HardwareNumber], ...] = ()

    @field_validator("hardware", mode="before")
    @classmethod
    def _as_pairs(cls, table: object) -> object:
        return tuple(table.items()) if isinstance(table, dict) else table  # a record that can be hashed


class PlatformIO(_Strict):
    """What stands in ``platformio.ini``; ``local`` is the platform that travels with the harness."""

    platform: str = Field(pattern=r"^[A-Za-z0-9_./@+-]+$")
    board: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]+$")
    framework: str | None = Field(default=None, pattern=r"^[a-z0-9]+$")


class Usb(_Strict):
    """USB vendor and product ids, ``vvvv:pppp`` in hexadecimal, that the board's serial port may have."""

    ids: tuple[str, ...]


class Emulator(_Strict):
    """An emulator that can run this board: a module of ``harness.emulation`` and its machine."""

    driver: str
    machine: str
    timer_hz: int = Field(gt=0)


class Estimate(_Strict):
    """The price of the counts of an emulated board with the same core."""

    stand_in: str
    cycles_per_instruction: float = Field(gt=0)
    cycles_error: float = Field(ge=0, lt=1)
    cycles_source: str
    supply_v: float = Field(gt=0)
    active_mw_per_mhz: float = Field(gt=0)
    power_error: float = Field(ge=0, lt=1)
    power_source: str


class Base(_Strict):
    """What a firmware takes without a model, measured in a build: HAL, link, start-up, C library, framework.

    ``stack_bytes`` is the peak of an inference's stack, the largest that was seen. ``error`` is relative: it says how
    far the figures may be off, little where they were measured, much where they are assumed.
    """

    date: datetime.date
    source: str
    flash_bytes: int = Field(ge=0)
    ram_bytes: int = Field(ge=0)
    stack_bytes: int = Field(ge=0)
    error: float = Field(default=0.0, ge=0)


class CodeSizes(_Strict):
    """Code of generated models on a core, measured in builds: mean bytes of a layer by ``operator/types/variant``.

    ``helpers`` are the functions that layers share, by name (0 where they are inlined); ``other_bytes`` is what a model
    has besides: its entry, and library functions that it alone calls.
    """

    date: datetime.date
    other_bytes: int
    layers: tuple[tuple[str, Annotated[int, Field(ge=0)]], ...]
    helpers: tuple[tuple[str, int], ...] = ()

    @field_validator("layers", "helpers", mode="before")
    @classmethod
    def _as_pairs(cls, table: object) -> object:
        return tuple(table.items()) if isinstance(table, dict) else table


class Core(_Strict):
    """A processor core: its toolchain, the compiler's flags, and the features by which kernel variants are chosen.

    ``toolchain`` is the prefix of the compiler's programs, ``native`` this machine's own compiler, ``vendor`` one that
    PlatformIO downloads with the board's platform.
    """

    id: str
    isa: Literal["thumb2", "thumb1", "rv32", "xtensa", "avr", "native"]
    toolchain: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    flags: tuple[Flag, ...]
    link_flags: tuple[Flag, ...] = ()
    features: frozenset[str]
    code: CodeSizes | None = None

    @field_serializer("features")
    def _in_order(self, features: frozenset[str]) -> list[str]:
        return sorted(features)  # the order of a set changes from process to process


class Board(_Strict):
    """A board, real or emulated."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: str = Field(pattern=r"^[^\x00-\x1f\x7f]+$")
    kind: Literal["real", "emulated", "host"]
    core: Core
    clock_hz: int = Field(gt=0)
    firmware: FirmwareFacts
    platformio: PlatformIO
    memories: tuple[Memory, ...]
    emulators: tuple[Emulator, ...] = ()
    usb: Usb | None = None
    estimate: Estimate | None = None
    base: Base | None = None

    @model_validator(mode="after")
    def _holds_everything(self) -> Board:
        held = {use for memory in self.memories for use in memory.holds}
        missing = {"code", "weights", "activations", "data", "stack"} - held
        if missing:
            raise ValueError(f"no memory holds {', '.join(sorted(missing))}")
        if self.kind == "real" and self.usb is None:
            raise ValueError("a real board needs [usb] ids, by which its port is found")
        return self

    @property
    def key(self) -> str:
        """Content hash of all facts of the board and its core; what was measured of builds changes none."""
        return content_key(self.model_dump(mode="json", exclude={"base": True, "core": {"code": True}}))

    def memory_for(self, use: Use) -> tuple[Memory, ...]:
        """Return the memories that may hold ``use``, in the file's order of preference."""
        return tuple(memory for memory in self.memories if use in memory.holds)
