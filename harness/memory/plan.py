# SPDX-License-Identifier: Apache-2.0
"""The planner: a pure function from buffers with lifetimes to offsets in memory regions.

Greedy placement as in Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference" (2020): buffers
are taken in some order, and each goes to the lowest place where nothing that lives at the same time lies. Several
orders are tried, then orders near each of them; the smallest plan is kept, and one that reaches the lower bound ends
the search.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

from harness.errors import DoesNotFit
from harness.memory.check import check_plan
from harness.memory.pack import Packer, Packing
from harness.memory.request import BufferRequest, Placement, Plan, Region

_Order = Callable[[int], tuple[int, ...]]
_TRIALS = 200  # orders near each of the given ones that are tried
_SEED = 20_11


def plan_memory(requests: Sequence[BufferRequest], regions: Sequence[Region]) -> Plan:
    """Place every buffer in one of the regions, which stand in order of preference; in each they form one block.

    As little as possible goes to the last region, then to the one before it. The result is checked (``check_plan``).
    Raises DoesNotFit, with the bytes missing, where the last region overflows, and ValueError for senseless requests.
    """
    _check_requests(requests, regions)
    best = _plan(_search(requests, regions), requests, regions)
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
    return max((step_bytes(requests, step, sharing) for step in steps), default=0)


def step_bytes(requests: Sequence[BufferRequest], step: int, sharing: bool) -> int:
    """Return the bytes that are needed in one step, as ``peak_bytes`` counts them."""
    live = {request.name: request for request in requests if request.first <= step <= request.last}
    total = sum(request.size_bytes for request in live.values())
    if not sharing:
        return total
    for request in live.values():
        if request.first == step:
            total -= max((_saved_bytes(request, dying) for dying in live.values() if dying.last == step), default=0)
    return total


def _saved_bytes(request: BufferRequest, dying: BufferRequest) -> int:
    """Return the most bytes that two buffers can have in common."""
    most = min(request.size_bytes, dying.size_bytes)
    distance = request.distance_before(dying)
    if dying.name in request.may_share_with or (distance is not None and distance <= 0):
        return most
    return 0 if distance is None else max(0, min(most, request.size_bytes - distance))


def _check_requests(requests: Sequence[BufferRequest], regions: Sequence[Region]) -> None:
    names = {request.name for request in requests}
    if len(names) != len(requests) or len({region.name for region in regions}) != len(regions) or not regions:
        raise ValueError("buffers and regions need names of their own, and there must be a region")
    for request in requests:
        if request.size_bytes <= 0 or request.first > request.last:
            raise ValueError(f"{request.name}: a buffer needs a size and a lifetime")
        if request.alignment <= 0 or request.alignment & (request.alignment - 1):
            raise ValueError(f"{request.name}: the alignment {request.alignment} is not a power of two")
        if not names.issuperset((*request.may_share_with, *(name for name, _ in request.may_overlap))):
            raise ValueError(f"{request.name}: may share with a buffer that is not asked for")


def _search(requests: Sequence[BufferRequest], regions: Sequence[Region]) -> Packing:
    """Return the best packing of the orders tried: the given ones, then those near each of them.

    The second is for overlapping buffers alone; without them the first are as good as the lower bound, or nearly.
    """
    packer = Packer(requests, regions)
    bound = peak_bytes(requests, sharing=True)
    given: list[tuple[Packing, list[int], bool]] = []
    for order in _orders(requests):
        pair = [(packer.pack(order, prefer_sharing=sharing), order, sharing) for sharing in (True, False)]
        given.append(min(pair, key=lambda found: found[0].cost))
        if _is_least(given[-1][0], bound):
            break
    best = min((packing for packing, _, _ in given), key=lambda packing: packing.cost)
    if not any(request.may_overlap for request in requests):
        return best
    draw = random.Random(_SEED).random  # the same numbers in every version of Python
    for start in sorted(given, key=lambda found: found[0].cost):
        if _is_least(best, bound):
            break
        best = min(best, _climb(packer, start, bound, draw), key=lambda packing: packing.cost)
    return best


def _climb(packer: Packer, start: tuple[Packing, list[int], bool], bound: int, draw: Callable[[], float]) -> Packing:
    """Move one buffer at a time to another place in the order, and keep what is no larger."""
    best, order, prefer_sharing = start
    for _ in range(_TRIALS):
        if _is_least(best, bound):
            break
        moved = list(order)
        number = moved.pop(int(draw() * len(moved)))
        moved.insert(int(draw() * (len(moved) + 1)), number)
        found = packer.pack(moved, prefer_sharing=prefer_sharing)
        if found.cost[0] <= best.cost[0]:
            best, order = found, moved
    return best


def _is_least(packing: Packing, bound: int) -> bool:
    """Tell whether nothing can be smaller; that is not known where a second region is needed."""
    return packing.blocks[0] <= bound and not any(packing.blocks[1:])


def _orders(requests: Sequence[BufferRequest]) -> Iterator[list[int]]:
    """Yield orders of placement: the largest first, the largest of the fullest step first, and so on.

    From the last to the first, overlapping outputs find their place: each begins before its input.
    """
    steps = {request.first for request in requests}
    fullness = {step: step_bytes(requests, step, False) for step in steps}
    fullest = [max(size for step, size in fullness.items() if r.first <= step <= r.last) for r in requests]
    size = [request.size_bytes for request in requests]
    first, last = [request.first for request in requests], [request.last for request in requests]
    keys: tuple[_Order, ...] = (
        lambda r: (-size[r], first[r] - last[r]),
        lambda r: (-fullest[r], -size[r]),
        lambda r: (-size[r] * (last[r] - first[r] + 1),),
        lambda r: (first[r] - last[r], -size[r]),
        lambda r: (first[r], -size[r]),
        lambda r: (-first[r], -size[r]),
        lambda r: (-last[r], -size[r]),
    )
    for key in keys:
        yield sorted(range(len(requests)), key=key)  # stable: equal keys stay in the order of the requests


def _plan(packing: Packing, requests: Sequence[BufferRequest], regions: Sequence[Region]) -> Plan:
    return Plan(
        placements=tuple(
            Placement(request=request, region=regions[region].name, offset=offset)
            for request, region, offset in zip(requests, packing.regions, packing.offsets, strict=True)
        ),
        region_bytes={region.name: block for region, block in zip(regions, packing.blocks, strict=True)},
    )


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
