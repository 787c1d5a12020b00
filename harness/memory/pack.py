# SPDX-License-Identifier: Apache-2.0
"""Place buffers one after the other, each at the lowest place that nothing forbids: fast, for many orders are tried."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

from harness.memory.request import BufferRequest, Region

# What holds between a buffer and another that lives with it in some step: the other's number; whether both may begin at
# one offset; how far before the other this one must begin to overlap it; how far before this one the other must.
# Plain tuples: millions are made.
_Pair: TypeAlias = tuple[int, bool, int | None, int | None]
# The same where the other is placed: its beginning and end in place of its number.
_Neighbour: TypeAlias = tuple[int, int, bool, int | None, int | None]


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
        self._pairs: list[list[_Pair]] = [
            [
                (number, request.may_lie_over(other), request.distance_before(other), other.distance_before(request))
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
                    (offset_of[other], offset_of[other] + self._sizes[other], same, before, behind)
                    for other, same, before, behind in self._pairs[number]
                    if region_of[other] == region
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
        shared = sorted(other_start for other_start, _, same, _, _ in neighbours if same and not other_start & mask)
        starts = sorted({0, *_starts(neighbours, mask), *shared})
        for start in [*shared, *starts] if prefer_sharing else starts:
            end = start + size
            for other_start, other_end, same, before, behind in neighbours:
                if (
                    end > other_start
                    and other_end > start
                    and not (same and other_start == start)
                    and not (before is not None and start + before <= other_start)
                    and not (behind is not None and other_start + behind <= start)
                ):
                    break
            else:
                return start
        raise AssertionError("the end of the last neighbour is always free")


def _starts(neighbours: Sequence[_Neighbour], mask: int) -> Iterator[int]:
    """Yield the aligned offsets behind each neighbour, and those at which it may be overlapped most."""
    for start, end, _, before, behind in neighbours:
        yield (end + mask) & ~mask
        if before is not None and start >= before:
            yield (start - before) & ~mask
        if behind is not None:
            yield (max(start + behind, 0) + mask) & ~mask
