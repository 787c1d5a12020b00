# SPDX-License-Identifier: Apache-2.0
"""The planner: a pure function from buffers with lifetimes to offsets in memory regions.

Greedy placement as in Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference" (2020): buffers
are taken in some order, and each goes to the lowest place where nothing that lives at the same time lies. Several
orders are tried, and the smallest plan is kept; one that reaches the lower bound ends the search.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from harness.errors import DoesNotFit
from harness.memory.check import check_plan
from harness.memory.request import BufferRequest, Placement, Plan, Region

_Order = Callable[[BufferRequest], tuple[int, ...]]
_Cost = tuple[tuple[int, ...], int]


def plan_memory(requests: Sequence[BufferRequest], regions: Sequence[Region]) -> Plan:
    """Place every buffer in one of the regions, which stand in order of preference; in each they form one block.

    As little as possible goes to the last region, then to the one before it. The result is checked (``check_plan``).
    Raises DoesNotFit, with the bytes missing, where the last region overflows, and ValueError for senseless requests.
    """
    _check_requests(requests, regions)
    best: Plan | None = None
    best_cost: _Cost | None = None
    bound = peak_bytes(requests, sharing=True)
    for order in _orders(requests):
        for prefer_sharing in (True, False):
            plan = _plan(requests, order, regions, prefer_sharing)
            cost = _cost(plan)
            if best_cost is None or cost < best_cost:
                best, best_cost = plan, cost
        if best is not None and best.total_bytes <= bound and len(regions) == 1:
            break
    assert best is not None
    last = regions[-1]
    missing_bytes = best.region_bytes[last.name] - last.capacity_bytes
    if missing_bytes > 0:
        raise _does_not_fit(best, regions, missing_bytes)
    check_plan(best, requests, regions)
    return best


def peak_bytes(requests: Sequence[BufferRequest], *, sharing: bool = False) -> int:
    """Return the most bytes that are needed in one step, padding apart: no plan in one region can be smaller.

    With ``sharing``, outputs that may lie over an input are counted once.
    """
    steps = {request.first for request in requests}  # the sum can rise at a beginning only
    return max((_step_bytes(requests, step, sharing) for step in steps), default=0)


def _step_bytes(requests: Sequence[BufferRequest], step: int, sharing: bool) -> int:
    live = {request.name: request for request in requests if request.first <= step <= request.last}
    total = sum(request.size_bytes for request in live.values())
    if not sharing:
        return total
    for request in live.values():
        if request.first == step:
            partners = (live[name] for name in request.may_share_with if name in live and live[name].last == step)
            total -= max((min(request.size_bytes, partner.size_bytes) for partner in partners), default=0)
    return total


def _check_requests(requests: Sequence[BufferRequest], regions: Sequence[Region]) -> None:
    names = {request.name for request in requests}
    if len(names) != len(requests) or len({region.name for region in regions}) != len(regions) or not regions:
        raise ValueError("buffers and regions need names of their own, and there must be a region")
    for request in requests:
        if request.size_bytes <= 0 or request.first > request.last:
            raise ValueError(f"{request.name}: a buffer needs a size and a lifetime")
        if request.alignment <= 0 or request.alignment & (request.alignment - 1):
            raise ValueError(f"{request.name}: the alignment {request.alignment} is not a power of two")
        if not names.issuperset(request.may_share_with):
            raise ValueError(f"{request.name}: may share with a buffer that is not asked for")


def _orders(requests: Sequence[BufferRequest]) -> Iterator[list[BufferRequest]]:
    """Yield orders of placement: the largest first, the largest of the fullest step first, and so on."""
    fullness = {step: _step_bytes(requests, step, False) for step in {request.first for request in requests}}

    def fullest(request: BufferRequest) -> int:
        return max(size for step, size in fullness.items() if request.first <= step <= request.last)

    keys: tuple[_Order, ...] = (
        lambda r: (-r.size_bytes, r.first - r.last),
        lambda r: (-fullest(r), -r.size_bytes),
        lambda r: (-r.size_bytes * (r.last - r.first + 1),),
        lambda r: (r.first - r.last, -r.size_bytes),
        lambda r: (r.first, -r.size_bytes),
    )
    for key in keys:
        yield sorted(requests, key=key)  # stable: equal keys stay in the order of the requests


def _plan(
    requests: Sequence[BufferRequest], order: Sequence[BufferRequest], regions: Sequence[Region], prefer_sharing: bool
) -> Plan:
    """Place in one order; the last region is taken as endless, so that what is missing can be told."""
    placed: dict[str, list[Placement]] = {region.name: [] for region in regions}
    found: dict[str, Placement] = {}
    for request in order:
        for region in regions:
            offset = _find_offset(request, placed[region.name], prefer_sharing)
            if region is regions[-1] or offset + request.size_bytes <= region.capacity_bytes:
                placement = Placement(request=request, region=region.name, offset=offset)
                placed[region.name].append(placement)
                found[request.name] = placement
                break
    return Plan(
        placements=tuple(found[request.name] for request in requests),
        region_bytes={name: max((p.end for p in inside), default=0) for name, inside in placed.items()},
    )


def _find_offset(request: BufferRequest, placed: Sequence[Placement], prefer_sharing: bool) -> int:
    """Return the lowest offset that is free while ``request`` lives, or first of all that of a buffer to lie over."""
    neighbours = [other for other in placed if other.request.lives_with(request)]
    over = [other for other in neighbours if request.may_lie_over(other.request)]
    mask = request.alignment - 1
    shared = sorted(other.offset for other in over if not other.offset & mask)
    ends = [0, *((other.end + mask) & ~mask for other in neighbours)]
    for start in [*shared, *sorted(ends)] if prefer_sharing else sorted(ends + shared):
        end = start + request.size_bytes
        if all(
            end <= other.offset or other.end <= start or (other.offset == start and request.may_lie_over(other.request))
            for other in neighbours
        ):
            return start
    raise AssertionError("the end of the last neighbour is always free")


def _cost(plan: Plan) -> _Cost:
    """Return what is compared: bytes from the last region to the first, then buffers that lie over none."""
    starts = {(placement.region, placement.offset) for placement in plan.placements}
    return tuple(reversed(tuple(plan.region_bytes.values()))), len(starts)


def _does_not_fit(plan: Plan, regions: Sequence[Region], missing_bytes: int) -> DoesNotFit:
    last = regions[-1]
    others = [region.name for region in regions[:-1]]
    beside = f" beside what {' and '.join(others)} can hold" if others else ""
    largest = max(
        (placement for placement in plan.placements if placement.region == last.name),
        key=lambda placement: placement.request.size_bytes,
    )
    return DoesNotFit(
        f"the activations need {plan.region_bytes[last.name]} bytes of {last.name}{beside}, but only "
        f"{last.capacity_bytes} are there: {missing_bytes} bytes are missing",
        missing_bytes=missing_bytes,
        hint=f"The largest there is {largest.request.name} with {largest.request.size_bytes} bytes: "
        "make its layer smaller, or take a board with more memory.",
    )
