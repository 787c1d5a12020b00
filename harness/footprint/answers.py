# SPDX-License-Identifier: Apache-2.0
"""What is told of a model's size: needed and left by memory, exact and estimated parts, and the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Verdict: TypeAlias = Literal["fits", "does not fit", "too close to say"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Bytes, the part of them that is exact, and how far the rest may be off, either way."""

    exact_bytes: int = 0
    estimated_bytes: int = 0
    error_bytes: int = 0

    @property
    def bytes(self) -> int:
        return self.exact_bytes + self.estimated_bytes

    def __add__(self, other: Size) -> Size:
        return Size(
            exact_bytes=self.exact_bytes + other.exact_bytes,
            estimated_bytes=self.estimated_bytes + other.estimated_bytes,
            error_bytes=self.error_bytes + other.error_bytes,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryUse:
    """What a memory of the board must hold, the linker's reserve for the stack included.

    ``missing_bytes`` is what it lacks, or what its largest static block lacks for the activations; 0 where it suffices.
    ``surely_missing_bytes`` is the same of what is exact alone.
    """

    name: str
    kind: Literal["flash", "ram"]
    needed: Size
    size_bytes: int
    missing_bytes: int
    surely_missing_bytes: int

    @property
    def left_bytes(self) -> int:
        """Bytes left; negative where they are missing."""
        return self.size_bytes - self.needed.bytes

    @property
    def verdict(self) -> Verdict:
        if self.surely_missing_bytes or self.missing_bytes > self.needed.error_bytes:
            return "does not fit"
        close = self.missing_bytes > 0 or self.left_bytes < self.needed.error_bytes
        return "too close to say" if close else "fits"


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseSource:
    """When and by what the firmware without a model was measured on a board; ``date`` is None where it is assumed."""

    date: str | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Whether and how a model fits a board.

    ``ram`` is what a bench of it would call its total: all static memory and the peak of the stack. ``flash`` likewise.
    ``base`` says when and by what the board's own part was measured.
    """

    board: str
    verdict: Verdict
    ram: Size
    flash: Size
    weights_bytes: int
    activations_bytes: int
    code: Size
    memories: tuple[MemoryUse, ...]
    base: BaseSource

    @property
    def missing_bytes(self) -> int:
        """Bytes missing over all memories: the size of the violation."""
        return sum(use.missing_bytes for use in self.memories)
