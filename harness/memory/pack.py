# SPDX-License-Identifier: Apache-2.0
"""Place buffers one after the other, each at the lowest place that nothing forbids: fast, for many orders are tried."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from harness.memory.request import BufferRequest, Region


class _Pair(NamedTuple):
    """What holds between a buffer and another that lives with it in some step."""

    other: int
    same: bool  # both may begin at one offset
    before: int | None  # how far before the other this one must begin to overlap it
    behind: int | None  # how far before this one the other must begin


class _Neighbour(NamedTuple):
    """A pair of which the other is placed."""

    start: int
    end: int
    same: bool
    before: int | None
    behind: int | None


class Packing(NamedTuple):
    """Region and offset of each buffer, and the size of the block in each region, all by number."""

    regions: tuple[int, ...]
    offsets: tuple[int, ...]
    blocks: tuple[int, ...]

    @property
    def cost(self) -> tuple[tuple[int, ...], int]:
        """What is compared: bytes from the last region to the first, then buffers that lie over none."""
        return tuple(reversed(self.blocks)), len(set(zip(self.regions, self.offsets, strict=True)))


class Packer:
    """Buffers with what holds between them worked out once. The last region is taken as endless."""

    def __init__(self, requests: Sequence[BufferRequest], regions: Sequence[Region]) -> None:
        self._sizes = [request.size_bytes for request in requests]
        self._masks = [request.alignment - 1 for request in requests]
        self._capacities = [region.capacity_bytes for region in regions]
        self._pairs = [
            [
                _Pair(
                    other=number,
                    same=request.may_lie_over(other),
                    before=request.distance_before(other),
                    behind=other.distance_before(request),
                )
                for number, other in enumerate(requests)
                if other is not request and request.lives_with(other)
            ]
            for request in requests
        ]

    def pack(self, order: Sequence[int], *, prefer_sharing: bool) -> Packing:
        """Place the buffers in an order; with ``prefer_sharing``, first of all where one that may share begins."""
        region_of = [-1] * len(order)
        offset_of = [0] * len(order)
        blocks = [0] * len(self._capacities)
        last = len(blocks) - 1
        for number in order:
            for region, capacity in enumerate(self._capacities):
                neighbours = [
                    _Neighbour(
                        start=offset_of[pair.other],
                        end=offset_of[pair.other] + self._sizes[pair.other],
                        same=pair.same,
                        before=pair.before,
                        behind=pair.behind,
                    )
                    for pair in self._pairs[number]
                    if region_of[pair.other] == region
                ]
                offset = self._offset(number, neighbours, prefer_sharing)
                end = offset + self._sizes[number]
                if region == last or end <= capacity:
                    region_of[number], offset_of[number] = region, offset
                    blocks[region] = max(blocks[region], end)
                    break
        return Packing(tuple(region_of), tuple(offset_of), tuple(blocks))

    def _offset(self, number: int, neighbours: Sequence[_Neighbour], prefer_sharing: bool) -> int:
        """Return the lowest offset that is free while the buffer lives, or first of all that of one to lie over."""
        size, mask = self._sizes[number], self._masks[number]
        shared = sorted(other.start for other in neighbours if other.same and not other.start & mask)
        starts = sorted({0, *_starts(neighbours, mask), *shared})
        for start in [*shared, *starts] if prefer_sharing else starts:
            end = start + size
            for other in neighbours:
                if (
                    end > other.start
                    and other.end > start
                    and not (other.same and other.start == start)
                    and not (other.before is not None and start + other.before <= other.start)
                    and not (other.behind is not None and other.start + other.behind <= start)
                ):
                    break
            else:
                return start
        raise AssertionError("the end of the last neighbour is always free")


def _starts(neighbours: Sequence[_Neighbour], mask: int) -> Iterator[int]:
    """Yield the aligned offsets behind each neighbour, and those at which it may be overlapped most."""
    for other in neighbours:
        yield (other.end + mask) & ~mask
        if other.before is not None and other.start >= other.before:
            yield (other.start - other.before) & ~mask
        if other.behind is not None:
            yield (max(other.start + other.behind, 0) + mask) & ~mask
