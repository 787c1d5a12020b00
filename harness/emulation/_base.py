# SPDX-License-Identifier: Apache-2.0
"""What an emulator promises."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias, runtime_checkable

from harness.boards import Board

ClassCounts: TypeAlias = tuple[tuple[str, int], ...]  # by class of instructions, and reads of flash (_classes.py)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountRequest:
    """What to count: the functions of the image, by symbol, and the memories whose reads are told apart.

    ``caller`` is the function that calls ``inference``; a region ends when control is back in its caller.
    """

    caller: str
    inference: str
    layers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """One inference, counted exactly between entry and return; a layer's counts include all that it calls."""

    instructions: int
    layer_instructions: tuple[int, ...]
    reads: tuple[tuple[str, int], ...]  # bytes of data read, by the board's memory region
    layer_reads: tuple[tuple[tuple[str, int], ...], ...]
    classes: ClassCounts = ()  # empty where the core's instructions are not told apart; zeros are left out
    layer_classes: tuple[ClassCounts, ...] = ()
    cycles: int | None = None  # where the emulator is exact in them, else None
    layer_cycles: tuple[int, ...] = ()


class EmulatorSession(Protocol):
    """A running emulator. Closing it ends its process; twice is fine."""

    port: str  # what pyserial opens: a pty's path or a URL

    def counts(self) -> tuple[Counts, ...]:
        """Return the counts of every inference that has returned so far, in order."""
        ...

    def check(self) -> None:
        """Raise DeviceFault, with the emulator's own words, if it has died, hangs or has stopped its machine."""
        ...

    def close(self) -> None: ...
    def __enter__(self) -> EmulatorSession: ...
    def __exit__(self, *exc: object) -> None: ...


class EmulatorDriver(Protocol):
    """The ``DRIVER`` of a module of this package."""

    NAME: str
    COUNTS: bool  # whether it can count instructions
    INSTRUCTION_HZ: float  # instructions a second of its virtual time, by which the device's timer checks the count

    def installed(self, board: Board) -> bool:
        """Say whether this machine has what runs the board, without starting it."""
        ...

    def version(self, board: Board) -> str | None:
        """Return the version of what runs the board on this machine, or None where there is none that tells it."""
        ...

    def start(self, board: Board, image: Path, *, count: CountRequest | None) -> EmulatorSession:
        """Start ``image`` (an ELF). Raises OpenError where the emulator is missing or does not start."""
        ...


@runtime_checkable
class StartsAhead(Protocol):
    """A driver whose emulator takes long to start: it can begin before there is an image."""

    def start_ahead(self, board: Board) -> None:
        """Begin to start what the next ``start`` for this board needs. Raises nothing that ``start`` would not tell."""
        ...
