# SPDX-License-Identifier: Apache-2.0
"""The planner's records: what is asked for, where it may go, where it went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BufferRequest:
    """Bytes that are needed from step ``first`` to step ``last``, both included.

    ``may_share_with`` names buffers that are read for the last time in the step that writes this one, by a kernel that
    may write its output over them: then this buffer may begin where one of them begins. ``may_overlap`` names such
    buffers with a distance in bytes: this one may overlap them if it begins at least so far before their beginning (if
    the distance is negative, at most so far behind it).
    """

    name: str
    size_bytes: int
    first: int
    last: int
    alignment: int = 4
    may_share_with: tuple[str, ...] = ()
    may_overlap: tuple[tuple[str, int], ...] = ()

    def lives_with(self, other: BufferRequest) -> bool:
        """Tell whether both are needed in some step."""
        return self.first <= other.last and other.first <= self.last

    def may_lie_over(self, other: BufferRequest) -> bool:
        """Tell whether one of the two may begin where the other does although both live in one step."""
        return self._takes_over(other) or other._takes_over(self)

    def distance_before(self, dying: BufferRequest) -> int | None:
        """Return how far before a buffer that dies where this one is born it must begin to overlap it, or None."""
        return dict(self.may_overlap).get(dying.name) if dying.last == self.first else None

    def _takes_over(self, dying: BufferRequest) -> bool:
        return dying.name in self.may_share_with and dying.last == self.first


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A memory that buffers may lie in: the bytes free in it, and the largest single block that may be taken."""

    name: str
    size_bytes: int
    block_bytes: int | None = None

    @property
    def capacity_bytes(self) -> int:
        """Bytes that one static block in this region can have."""
        return self.size_bytes if self.block_bytes is None else min(self.size_bytes, self.block_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """A buffer's place: ``offset`` bytes from the beginning of the block in ``region``."""

    request: BufferRequest
    region: str
    offset: int

    @property
    def end(self) -> int:
        return self.offset + self.request.size_bytes

    def bears(self, other: Placement) -> bool:
        """Tell whether both hold what they should as long as they live, being in one region."""
        apart = self.end <= other.offset or other.end <= self.offset
        if apart or not self.request.lives_with(other.request):
            return True
        if self.offset == other.offset and self.request.may_lie_over(other.request):
            return True
        return self._is_far_before(other) or other._is_far_before(self)

    def _is_far_before(self, dying: Placement) -> bool:
        distance = self.request.distance_before(dying.request)
        return distance is not None and self.offset + distance <= dying.offset


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All buffers' places, in the order of the requests, and the size of the block in each region."""

    placements: tuple[Placement, ...]
    region_bytes: Mapping[str, int]

    @property
    def total_bytes(self) -> int:
        """Bytes of all blocks together."""
        return sum(self.region_bytes.values())

    def placement(self, name: str) -> Placement:
        """Return the place of the buffer called ``name``. Raises KeyError where there is none."""
        for placement in self.placements:
            if placement.request.name == name:
                return placement
        raise KeyError(name)
