# SPDX-License-Identifier: Apache-2.0
"""The schema of a board's file. An unknown key is an error."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, to_builtins

from harness.records import content_key

Use = Literal["code", "weights", "activations", "data", "stack"]
Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]*\Z")]
# A compiler's option as it may stand in a command line: nothing that a shell, SCons or an INI file would expand.
Flag = Annotated[str, Meta(pattern=r"^-[A-Za-z0-9_=+.,/-]+\Z")]
Number = Annotated[int, Meta(ge=0)]
Positive = Annotated[int, Meta(gt=0)]
PositiveFloat = Annotated[float, Meta(gt=0)]
RelativeError = Annotated[float, Meta(ge=0, lt=1)]
# What a HAL that serves several boards must be told: register blocks and interrupt numbers.
HardwareNumber = Annotated[int, Meta(ge=0, lt=1 << 32)]
# One version, so that the text says which compiler it is, or a folder, whose package.json and compiler say it.
_VERSION = r"\d+\.\d+\.\d+(?:[-+][A-Za-z0-9.+-]+)?"
_FOLDER = r"symlink://(?:/[A-Za-z0-9_.+-]+)+"
Toolchain = Annotated[str, Meta(pattern=rf"^(?:[a-z0-9_-]+/)?[a-z0-9][a-z0-9_-]*@(?:{_VERSION}|{_FOLDER})\Z")]


class _Strict(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of a file; msgspec checks it while it is read, not where a record is made by hand."""


class Memory(_Strict, frozen=True, kw_only=True):
    """A memory of the board: where it lies, how large it and its largest static block are, what may live there."""

    name: Name
    kind: Literal["flash", "ram"]
    address: Number
    size_bytes: Positive
    largest_block_bytes: Positive | None = None
    wait_states: Number = 0
    holds: tuple[Use, ...]

    @property
    def block_bytes(self) -> int:
        """Largest single static object that fits."""
        return self.largest_block_bytes or self.size_bytes


class FirmwareFacts(_Strict, frozen=True, kw_only=True):
    """Which hardware abstraction the firmware uses: a folder of ``firmware_templates/hal``.

    ``hardware`` are numbers that its sources see as ``HAL_<NAME>``; in the file it is a table.
    """

    hal: Name
    baud: Positive = 115_200
    stack_bytes: Annotated[int, Meta(gt=0, multiple_of=8)] = 16_384
    hardware: tuple[tuple[Name, HardwareNumber], ...] = ()


class PlatformIO(_Strict, frozen=True, kw_only=True):
    """What stands in ``platformio.ini``; ``local`` is the platform that travels with the harness.

    ``vendor`` is PlatformIO's platform for a chip that the local one builds: with ``board`` it names the chip there.
    ``toolchain`` is a package of compilers that PlatformIO fetches, in place of those that the platform has.
    """

    platform: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_./@+-]+\Z")]
    vendor: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_./@+-]+\Z")] | None = None
    board: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]+\Z")] | None = None
    framework: Annotated[str, Meta(pattern=r"^[a-z0-9]+\Z")] | None = None
    toolchain: Toolchain | None = None

    @property
    def uploads(self) -> bool:
        """Whether this platform can flash the board; the local one builds only."""
        return self.platform != "local"


class Usb(_Strict, frozen=True, kw_only=True):
    """USB vendor and product ids, ``vvvv:pppp`` in hexadecimal, that the board's serial port may have."""

    ids: tuple[str, ...]


class Emulator(_Strict, frozen=True, kw_only=True):
    """An emulator, a module of ``harness.emulation``: of this very chip, or of a board with the same core.

    Of this chip it has a ``machine`` and runs the board's own image. A ``stand_in`` is a board: the image is built for
    it, with the same compiler and flags, and the emulator is the one of its file. ``serial`` is the emulator's name of
    the serial port that the firmware uses, where the driver needs one.
    """

    driver: Name
    machine: str = ""
    timer_hz: Number = 0
    serial: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.]*\Z")] = ""
    stand_in: Name | None = None

    def __post_init__(self) -> None:
        if self.stand_in is None and not (self.machine and self.timer_hz):
            raise ValueError("an emulator needs 'machine' and 'timer_hz', or a 'stand_in'")
        if self.stand_in is not None and (self.machine or self.timer_hz or self.serial):
            raise ValueError("an emulator with a 'stand_in' takes all else from that board's file")


class Estimate(_Strict, frozen=True, kw_only=True):
    """The price of instructions counted in an emulator, of this chip or of a board with the same core."""

    cycles_per_instruction: PositiveFloat
    cycles_error: RelativeError
    cycles_source: str
    supply_v: PositiveFloat
    active_mw_per_mhz: PositiveFloat
    power_error: RelativeError
    power_source: str


class Base(_Strict, frozen=True, kw_only=True):
    """What a firmware takes without a model, measured in a build: HAL, link, start-up, C library, framework.

    ``stack_bytes`` is the peak of an inference's stack, the largest that was seen. ``error`` is relative: it says how
    far the figures may be off, little where they were measured, much where they are assumed.
    """

    date: datetime.date
    source: str
    flash_bytes: Number
    ram_bytes: Number
    stack_bytes: Number
    error: Annotated[float, Meta(ge=0)] = 0.0


class CodeSizes(_Strict, frozen=True, kw_only=True):
    """Code of generated models on a core, measured in builds: mean bytes of a layer by ``operator/types/variant``.

    ``helpers`` are the functions that layers share, by name (0 where they are inlined); ``other_bytes`` is what a model
    has besides: its entry, and library functions that it alone calls.
    """

    date: datetime.date
    other_bytes: int
    layers: tuple[tuple[str, Number], ...]
    helpers: tuple[tuple[str, int], ...] = ()


class KernelSizes(_Strict, frozen=True, kw_only=True):
    """Code of single layers on a core, each linked alone: for kinds of layers that no measured model holds.

    ``libraries`` are members of the compiler's libraries with their bytes, ``calls`` those that a kind brings along.
    """

    date: datetime.date
    layers: tuple[tuple[str, Number], ...]
    helpers: tuple[tuple[str, int], ...] = ()
    libraries: tuple[tuple[str, Number], ...] = ()
    calls: tuple[tuple[str, tuple[str, ...]], ...] = ()


class CycleTable(_Strict, frozen=True, kw_only=True):
    """What an instruction costs on a core, in cycles, by the counter's classes (harness/emulation/_classes.py).

    ``prices`` are those with memories that answer at once; ``flash_read`` is what a data read of flash with wait states
    costs besides.
    """

    source: str
    flash_read: Annotated[float, Meta(ge=0)]
    flash_source: str
    prices: tuple[tuple[str, Annotated[float, Meta(ge=0)]], ...]


class Core(_Strict, frozen=True, kw_only=True):
    """A processor core: its toolchain, the compiler's flags, and the features by which kernel variants are chosen.

    ``toolchain`` is the prefix of the compiler's programs, ``native`` this machine's own compiler, ``vendor`` one that
    PlatformIO downloads with the board's platform.
    """

    id: str
    isa: Literal["thumb2", "thumb1", "rv32", "xtensa", "avr", "native"]
    toolchain: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]*\Z")]
    flags: tuple[Flag, ...]
    link_flags: tuple[Flag, ...] = ()
    features: frozenset[str]
    code: CodeSizes | None = None
    kernels: KernelSizes | None = None
    cycles: CycleTable | None = None


class Board(_Strict, frozen=True, kw_only=True):
    """A board, real or emulated."""

    id: Name
    name: Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f]+\Z")]
    kind: Literal["real", "emulated", "host"]
    core: Core
    clock_hz: Positive
    firmware: FirmwareFacts
    platformio: PlatformIO
    memories: tuple[Memory, ...]
    emulators: tuple[Emulator, ...] = ()
    usb: Usb | None = None
    estimate: Estimate | None = None
    base: Base | None = None

    def __post_init__(self) -> None:
        held = {use for memory in self.memories for use in memory.holds}
        missing = {"code", "weights", "activations", "data", "stack"} - held
        if missing:
            raise ValueError(f"no memory holds {', '.join(sorted(missing))}")
        if self.kind == "real" and self.usb is None:
            raise ValueError("a real board needs [usb] ids, by which its port is found")
        only_the_core = [emulator.stand_in is not None for emulator in self.emulators]
        if only_the_core != sorted(only_the_core):
            raise ValueError("[[emulators]] of this chip stand before those of its core alone (with a 'stand_in')")
        if self.platformio.toolchain is not None and self.kind == "host":
            raise ValueError("'toolchain' of [platformio] is for boards: the host is built by its own compiler")
        if self.estimate is not None and not self.emulators:
            raise ValueError("[estimate] prices counts, and no [[emulators]] counts any")

    @property
    def key(self) -> str:
        """Content hash of all facts of the board and its core; what was measured of builds changes none."""
        facts = self.facts()
        del facts["base"], facts["core"]["code"]
        return content_key(facts)

    def facts(self) -> dict[str, Any]:
        """Return all facts as JSON has them, sets in order."""
        facts: dict[str, Any] = to_builtins(self, order="deterministic")
        return facts

    def memory_for(self, use: Use) -> tuple[Memory, ...]:
        """Return the memories that may hold ``use``, in the file's order of preference."""
        return tuple(memory for memory in self.memories if use in memory.holds)
