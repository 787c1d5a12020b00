# SPDX-License-Identifier: Apache-2.0
"""The planner: a pure function from buffers with lifetimes to offsets in memory regions.

Greedy placement as in Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference" (2020): buffers
are taken in some order, and each goes to the lowest place where nothing that lives at the same time lies. Several
orders are tried, then orders near the best of them; the smallest plan is kept, and one that reaches the lower bound
ends the search.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

from harness.errors import DoesNotFit
from harness.memory.check import check_plan
from harness.memory.pack import Packer, Packing
from harness.memory.request import BufferRequest, Placement, Plan, Region

_Order = Callable[[int], tuple[int, ...]]
_TRIALS = 300  # orders near the best that are tried
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
    return max((_step_bytes(requests, step, sharing) for step in steps), default=0)


def _step_bytes(requests: Sequence[BufferRequest], step: int, sharing: bool) -> int:
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
    """Return the best packing of the orders tried: the given ones, then the best with one buffer moved at a time.

    The second is for overlapping buffers alone; without them the first are as good as the lower bound, or nearly.
    """
    packer = Packer(requests, regions)
    bound = peak_bytes(requests, sharing=True)
    best: Packing | None = None
    chosen: tuple[list[int], bool] = ([], False)

    def is_least() -> bool:
        return best is not None and len(regions) == 1 and best.blocks[0] <= bound

    for order in _orders(requests):
        for prefer_sharing in (True, False):
            found = packer.pack(order, prefer_sharing=prefer_sharing)
            if best is None or found.cost < best.cost:
                best, chosen = found, (order, prefer_sharing)
        if is_least():
            break
    assert best is not None
    order, prefer_sharing = chosen
    draw = random.Random(_SEED).random  # the same numbers in every version of Python
    for _ in range(_TRIALS if any(request.may_overlap for request in requests) else 0):
        if is_least():
            break
        moved = list(order)
        number = moved.pop(int(draw() * len(moved)))
        moved.insert(int(draw() * (len(moved) + 1)), number)
        found = packer.pack(moved, prefer_sharing=prefer_sharing)
        if found.cost <= best.cost:
            best, order = found, moved
    return best


def _orders(requests: Sequence[BufferRequest]) -> Iterator[list[int]]:
    """Yield orders of placement: the largest first, the largest of the fullest step first, and so on.

    From the last to the first, overlapping outputs find their place: each begins before its input.
    """
    steps = {request.first for request in requests}
    fullness = {step: _step_bytes(requests, step, False) for step in steps}
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
