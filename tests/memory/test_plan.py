# SPDX-License-Identifier: Apache-2.0
"""The planner: nothing overlaps that lives at the same time, and nothing is wasted that need not be."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import DoesNotFit
from harness.memory import BufferRequest, Placement, Plan, Region, check_plan, peak_bytes, plan_memory

_RAM = Region(name="ram", size_bytes=1_000_000)


def _buffer(name: str, size_bytes: int, first: int, last: int, *over: str, alignment: int = 1) -> BufferRequest:
    return BufferRequest(
        name=name, size_bytes=size_bytes, first=first, last=last, alignment=alignment, may_share_with=over
    )


@st.composite
def _requests(draw: st.DrawFn) -> tuple[BufferRequest, ...]:
    """Buffers of a made-up graph: some may lie over one that dies where they begin."""
    steps = draw(st.integers(1, 12))
    found: list[BufferRequest] = []
    for index in range(draw(st.integers(0, 16))):
        first = draw(st.integers(0, steps))
        dying = [request.name for request in found if request.last == first and request.first < first]
        over = draw(st.lists(st.sampled_from(dying), unique=True, max_size=2)) if dying else []
        found.append(
            BufferRequest(
                name=f"b{index}",
                size_bytes=draw(st.integers(1, 200)),
                first=first,
                last=draw(st.integers(first, steps)),
                alignment=draw(st.sampled_from((1, 4, 16))),
                may_share_with=tuple(over),
                may_overlap=tuple((name, draw(st.integers(-40, 120))) for name in over if draw(st.booleans())),
            )
        )
    return tuple(found)


def _run(plan: Plan) -> None:
    """Play the inference on real bytes: each buffer must hold, when it dies, what was written when it was born."""
    memory = {name: bytearray(size) for name, size in plan.region_bytes.items()}
    contents = {
        p.request.name: bytes([1 + index % 255]) * p.request.size_bytes for index, p in enumerate(plan.placements)
    }
    for step in range(max((p.request.last for p in plan.placements), default=0) + 1):
        dying = {p.request.name for p in plan.placements if p.request.last == step and p.request.first < step}
        for p in plan.placements:  # a kernel reads element by element before it writes over: check its inputs first
            if p.request.first < step <= p.request.last:
                assert memory[p.region][p.offset : p.end] == contents[p.request.name]
        born = [p for p in plan.placements if p.request.first == step]
        for p in born:
            memory[p.region][p.offset : p.end] = contents[p.request.name]
        taken = {name for p in born for name in (*p.request.may_share_with, *dict(p.request.may_overlap))} & dying
        for p in plan.placements:
            alive = p.request.first <= step <= p.request.last
            if alive and p.request.name not in taken:
                assert memory[p.region][p.offset : p.end] == contents[p.request.name]


@settings(max_examples=80, deadline=None, derandomize=True)
@given(_requests())
def test_every_buffer_keeps_its_bytes_as_long_as_it_lives(requests: tuple[BufferRequest, ...]) -> None:
    plan = plan_memory(requests, [_RAM])
    check_plan(plan, requests, [_RAM])
    _run(plan)
    assert plan.total_bytes >= peak_bytes(requests, sharing=True)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(_requests(), st.integers(0, 600), st.integers(0, 600))
def test_with_two_regions_each_block_stays_within_its_region_or_bytes_are_missing(
    requests: tuple[BufferRequest, ...], first_bytes: int, second_bytes: int
) -> None:
    regions = [Region(name="fast", size_bytes=first_bytes), Region(name="slow", size_bytes=second_bytes)]
    missing_bytes = 0
    try:
        plan = plan_memory(requests, regions)
    except DoesNotFit as error:
        missing_bytes = error.missing_bytes
        regions[1] = Region(name="slow", size_bytes=second_bytes + missing_bytes)
        plan = plan_memory(requests, regions)
    check_plan(plan, requests, regions)
    _run(plan)
    assert missing_bytes == 0 or plan.region_bytes["slow"] == second_bytes + missing_bytes


@settings(max_examples=15, deadline=None, derandomize=True)
@given(_requests())
def test_the_same_requests_give_the_same_plan(requests: tuple[BufferRequest, ...]) -> None:
    assert plan_memory(requests, [_RAM]) == plan_memory(requests, [_RAM])


def test_nothing_needs_no_memory() -> None:
    assert plan_memory((), [_RAM]) == Plan(placements=(), region_bytes={"ram": 0})
    assert peak_bytes(()) == 0


def test_a_chain_takes_the_largest_neighbours_and_no_more() -> None:
    sizes = (100, 300, 50, 400, 20)
    chain = tuple(_buffer(f"b{index}", size, index, index + 1) for index, size in enumerate(sizes))
    assert peak_bytes(chain) == 450
    assert plan_memory(chain, [_RAM]).total_bytes == 450


def test_buffers_that_never_meet_share_one_place() -> None:
    requests = (_buffer("a", 64, 0, 1), _buffer("b", 64, 2, 3), _buffer("c", 64, 4, 4))
    assert {placement.offset for placement in plan_memory(requests, [_RAM]).placements} == {0}


def test_an_output_takes_over_the_input_that_dies() -> None:
    requests = (_buffer("in", 64, 0, 1), _buffer("out", 64, 1, 2, "in"))
    plan = plan_memory(requests, [_RAM])
    assert plan.total_bytes == 64
    assert plan.placement("out").offset == plan.placement("in").offset


def test_taking_over_is_preferred_even_where_it_saves_nothing() -> None:
    # The two large ones in step 0 fix the size of the block; a copy within it would still cost time.
    requests = (
        _buffer("x", 200, 0, 0),
        _buffer("y", 200, 0, 0),
        _buffer("in", 64, 1, 2),
        _buffer("out", 64, 2, 3, "in"),
    )
    plan = plan_memory(requests, [_RAM])
    assert plan.total_bytes == 400
    assert plan.placement("out").offset == plan.placement("in").offset


def test_an_input_that_lives_on_is_not_taken_over() -> None:
    requests = (_buffer("in", 64, 0, 2), _buffer("out", 64, 1, 2, "in"))
    assert plan_memory(requests, [_RAM]).total_bytes == 128


def test_a_chain_of_takeovers_stays_in_one_place() -> None:
    requests = (
        _buffer("a", 10, 0, 1),
        _buffer("b", 40, 1, 2, "a"),
        _buffer("c", 20, 2, 3, "b"),
        _buffer("d", 40, 3, 4, "c"),
    )
    plan = plan_memory(requests, [_RAM])
    assert plan.total_bytes == 40
    assert {placement.offset for placement in plan.placements} == {0}


def _overlapping(name: str, size_bytes: int, first: int, last: int, over: str, distance: int) -> BufferRequest:
    return replace(_buffer(name, size_bytes, first, last), may_overlap=((over, distance),))


def test_an_output_that_may_overlap_its_input_begins_as_far_before_it_as_it_must() -> None:
    requests = (_buffer("in", 64, 0, 1), _overlapping("out", 60, 1, 2, "in", 10))
    plan = plan_memory(requests, [_RAM])
    assert plan.total_bytes == peak_bytes(requests, sharing=True) == 74
    assert plan.placement("in").offset - plan.placement("out").offset == 10


def test_an_output_that_may_begin_behind_its_input_lies_within_the_larger_of_both() -> None:
    requests = (_buffer("in", 64, 0, 1), _overlapping("out", 30, 1, 2, "in", -8))
    assert plan_memory(requests, [_RAM]).total_bytes == 64


def test_a_chain_of_overlaps_descends_and_takes_one_distance_a_layer() -> None:
    chain = (_buffer("b0", 400, 0, 1), *(_overlapping(f"b{k}", 400, k, k + 1, f"b{k - 1}", 16) for k in range(1, 6)))
    assert plan_memory(chain, [_RAM]).total_bytes == 400 + 5 * 16


def test_an_order_near_the_given_ones_is_found_where_it_is_better() -> None:
    # A residual: "a" lives beside the overlapping pair, as in a network of 3x3 convolutions.
    requests = (
        _buffer("in", 30, 0, 0),
        _buffer("a", 160, 0, 3),
        _overlapping("b", 160, 1, 2, "a", 6),
        _overlapping("c", 160, 2, 3, "b", 6),
        replace(_buffer("sum", 160, 3, 4), may_share_with=("a", "c")),
        _overlapping("d", 80, 4, 5, "sum", 6),
    )
    assert plan_memory(requests, [_RAM]).total_bytes == peak_bytes(requests, sharing=True) == 326


def test_two_outputs_do_not_take_over_one_input_both() -> None:
    requests = (_buffer("in", 64, 0, 1), _buffer("a", 64, 1, 2, "in"), _buffer("b", 64, 1, 2, "in"))
    assert plan_memory(requests, [_RAM]).total_bytes == 128


def test_every_offset_is_aligned() -> None:
    requests = tuple(_buffer(f"b{index}", 3 + index, 0, 0, alignment=1 << index) for index in range(5))
    for placement in plan_memory(requests, [_RAM]).placements:
        assert placement.offset % placement.request.alignment == 0


def test_the_first_region_is_filled_before_the_second() -> None:
    regions = [Region(name="fast", size_bytes=100), Region(name="slow", size_bytes=1000)]
    plan = plan_memory((_buffer("a", 80, 0, 1), _buffer("b", 60, 0, 1), _buffer("c", 20, 0, 1)), regions)
    assert dict(plan.region_bytes) == {"fast": 100, "slow": 60}
    assert plan.placement("b").region == "slow"


def test_no_block_is_larger_than_the_largest_that_the_region_allows() -> None:
    regions = [Region(name="split", size_bytes=300, block_bytes=100), Region(name="slow", size_bytes=1000)]
    plan = plan_memory((_buffer("a", 80, 0, 1), _buffer("b", 80, 0, 1)), regions)
    assert dict(plan.region_bytes) == {"split": 80, "slow": 80}


def test_what_does_not_fit_names_the_region_and_the_bytes_missing() -> None:
    requests = (_buffer("tensor_1", 80, 0, 1), _buffer("tensor_2", 60, 0, 1))
    with pytest.raises(DoesNotFit, match=r"need 140 bytes of ram, but only 100 are there: 40 bytes") as caught:
        plan_memory(requests, [Region(name="ram", size_bytes=100)])
    assert caught.value.missing_bytes == 40
    assert "tensor_1 with 80 bytes" in caught.value.hint


def test_what_fits_neither_region_names_both() -> None:
    regions = [Region(name="fast", size_bytes=50), Region(name="slow", size_bytes=100)]
    with pytest.raises(DoesNotFit, match=r"need 120 bytes of slow beside what fast can hold") as caught:
        plan_memory((_buffer("a", 50, 0, 1), _buffer("b", 120, 0, 1)), regions)
    assert caught.value.missing_bytes == 20


@pytest.mark.parametrize(
    ("requests", "words"),
    [
        ((_buffer("a", 1, 0, 0), _buffer("a", 1, 0, 0)), "names of their own"),
        ((_buffer("a", 0, 0, 0),), "a size and a lifetime"),
        ((_buffer("a", 1, 2, 1),), "a size and a lifetime"),
        ((_buffer("a", 1, 0, 0, alignment=3),), "not a power of two"),
        ((_buffer("a", 1, 0, 0, "b"),), "a buffer that is not asked for"),
    ],
)
def test_senseless_requests_are_refused(requests: tuple[BufferRequest, ...], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        plan_memory(requests, [_RAM])


_A, _B = _buffer("a", 16, 0, 1, alignment=4), _buffer("b", 16, 1, 2, alignment=4)


def _plan_of(*placed: tuple[BufferRequest, str, int], ram: int) -> Plan:
    placements = tuple(Placement(request=request, region=region, offset=at) for request, region, at in placed)
    return Plan(placements=placements, region_bytes={"ram": ram})


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (_plan_of((_A, "ram", 0), (_B, "ram", 0), ram=16), "a and b overlap while both are in use"),
        (_plan_of((_A, "ram", 12), (_B, "ram", 0), ram=28), "b and a overlap while both are in use"),
        (_plan_of((_A, "ram", 0), (_B, "ram", 18), ram=34), "b: the offset 18 is not aligned"),
        (_plan_of((_A, "ram", -4), (_B, "ram", 16), ram=32), "a: the offset -4 is not aligned"),
        (_plan_of((_A, "ram", 0), (_B, "ram", 16), ram=31), "not as large as what lies in it"),
        (_plan_of((_A, "ram", 0), (_B, "ram", 2_000_000), ram=2_000_016), "larger than the region"),
        (_plan_of((_A, "ram", 0), ram=16), "not those that were asked for"),
        (_plan_of((_A, "ram", 0), (_B, "rom", 0), ram=16), "lies in no region"),
    ],
)
def test_the_check_finds_every_kind_of_fault(plan: Plan, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check_plan(plan, (_A, _B), [_RAM])


def test_the_check_lets_a_declared_takeover_pass_at_the_same_offset_only() -> None:
    over = replace(_B, may_share_with=("a",))
    check_plan(_plan_of((_A, "ram", 0), (over, "ram", 0), ram=16), (_A, over), [_RAM])
    with pytest.raises(ValueError, match="overlap"):
        check_plan(_plan_of((_A, "ram", 0), (over, "ram", 8), ram=24), (_A, over), [_RAM])


@pytest.mark.parametrize(("distance", "sound"), [(8, True), (4, True), (9, False), (16, False)])
def test_the_check_lets_an_output_overlap_from_its_distance_on(distance: int, sound: bool) -> None:
    out = replace(_B, may_overlap=(("a", distance),))
    plan = _plan_of((_A, "ram", 8), (out, "ram", 0), ram=24)
    if sound:
        check_plan(plan, (_A, out), [_RAM])
    else:
        with pytest.raises(ValueError, match="b and a overlap"):
            check_plan(plan, (_A, out), [_RAM])


def test_a_place_that_is_not_in_the_plan_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="nothing"):
        plan_memory((_A,), [_RAM]).placement("nothing")
