# SPDX-License-Identifier: Apache-2.0
"""Proof that a plan is sound: it looks at the result alone, not at how the planner found it."""

from __future__ import annotations

from collections.abc import Sequence

from harness.memory.request import BufferRequest, Placement, Plan, Region


def check_plan(plan: Plan, requests: Sequence[BufferRequest], regions: Sequence[Region]) -> None:
    """Raise ValueError, naming the buffers, unless each is placed once, aligned, inside, and disturbed by no other."""
    if [placement.request for placement in plan.placements] != list(requests):
        raise ValueError("the plan's buffers are not those that were asked for")
    if set(plan.region_bytes) != {region.name for region in regions}:
        raise ValueError("the plan's regions are not those that were offered")
    for region in regions:
        inside = [placement for placement in plan.placements if placement.region == region.name]
        if plan.region_bytes[region.name] != max((placement.end for placement in inside), default=0):
            raise ValueError(f"{region.name}: the block is not as large as what lies in it")
        if plan.region_bytes[region.name] > region.capacity_bytes:
            raise ValueError(f"{region.name}: the block is larger than the region")
        _check_region(inside)
    if {placement.region for placement in plan.placements} - set(plan.region_bytes):
        raise ValueError("a buffer lies in no region")


def _check_region(inside: Sequence[Placement]) -> None:
    ordered = sorted(inside, key=lambda placement: placement.offset)
    for index, lower in enumerate(ordered):
        if lower.offset < 0 or lower.offset % lower.request.alignment:
            raise ValueError(f"{lower.request.name}: the offset {lower.offset} is not aligned")
        for upper in ordered[index + 1 :]:
            if upper.offset >= lower.end:
                break
            if not lower.bears(upper):
                raise ValueError(f"{lower.request.name} and {upper.request.name} overlap while both are in use")
