# SPDX-License-Identifier: Apache-2.0
"""The fastest plan within a limit of RAM: compared with all plans there are."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import DoesNotFit
from harness.runtimes import KernelPlan
from harness.tune.layers import TunableLayer
from harness.tune.select import fastest_plan
from tests.tune.fakes import layer

LAYERS = (layer("a", slow=10, fast=50), layer("b", slow=20, fast=20))
COSTS = {("a", "slow"): 100.0, ("a", "fast"): 10.0, ("b", "slow"): 7.0, ("b", "fast"): 5.0}


def largest_step(layers: tuple[TunableLayer, ...], plan: KernelPlan) -> int:
    chosen = dict(plan)
    return max(each.step_bytes[chosen[each.name]] for each in layers)


def test_without_a_limit_every_layer_takes_its_fastest_variant() -> None:
    found = fastest_plan(LAYERS, COSTS, lambda plan: largest_step(LAYERS, plan))
    assert (found.plan, found.ram_bytes) == ((("a", "fast"), ("b", "fast")), 50)


def test_a_limit_makes_only_those_layers_slower_whose_step_breaks_it() -> None:
    found = fastest_plan(LAYERS, COSTS, lambda plan: largest_step(LAYERS, plan), 49)
    assert (found.plan, found.ram_bytes) == ((("a", "slow"), ("b", "fast")), 20)


def test_a_limit_below_every_plan_is_refused_with_the_bytes_missing() -> None:
    with pytest.raises(DoesNotFit, match="the smallest takes 20") as caught:
        fastest_plan(LAYERS, COSTS, lambda plan: largest_step(LAYERS, plan), 12)
    assert caught.value.missing_bytes == 8


def test_plans_that_the_board_cannot_place_are_passed_over() -> None:
    found = fastest_plan(LAYERS, COSTS, lambda plan: None if ("a", "fast") in plan else 20)
    assert found.plan == (("a", "slow"), ("b", "fast"))
    with pytest.raises(DoesNotFit, match="fits the board"):
        fastest_plan(LAYERS, COSTS, lambda _plan: None)


def test_a_variant_that_was_not_measured_is_never_taken() -> None:
    costs = {key: cost for key, cost in COSTS.items() if key != ("a", "fast")}
    assert dict(fastest_plan(LAYERS, costs, lambda plan: largest_step(LAYERS, plan)).plan)["a"] == "slow"


def test_of_equally_fast_variants_the_leaner_is_taken() -> None:
    layers = (layer("a", wide=30, narrow=10),)
    costs = {("a", "wide"): 5.0, ("a", "narrow"): 5.0}
    assert fastest_plan(layers, costs, lambda plan: largest_step(layers, plan)).plan == (("a", "narrow"),)


VARIANTS = st.lists(st.tuples(st.integers(1, 60), st.integers(1, 90)), min_size=1, max_size=3)


@settings(max_examples=60)
@given(st.lists(VARIANTS, min_size=1, max_size=4), st.integers(1, 60))
def test_no_plan_within_the_limit_is_faster(drawn: list[list[tuple[int, int]]], limit: int) -> None:
    layers = tuple(
        layer(f"layer{number}", **{f"v{k}": size for k, (size, _) in enumerate(variants)})
        for number, variants in enumerate(drawn)
    )
    costs = {
        (f"layer{number}", f"v{k}"): float(cost)
        for number, variants in enumerate(drawn)
        for k, (_, cost) in enumerate(variants)
    }

    def total(plan: KernelPlan) -> float:
        return sum(costs[pair] for pair in plan)

    every = [
        tuple(zip([each.name for each in layers], names, strict=True))
        for names in product(*(each.variants for each in layers))
    ]
    fitting = [plan for plan in every if largest_step(layers, plan) <= limit]
    if not fitting:
        with pytest.raises(DoesNotFit):
            fastest_plan(layers, costs, lambda plan: largest_step(layers, plan), limit)
        return
    found = fastest_plan(layers, costs, lambda plan: largest_step(layers, plan), limit)
    assert total(found.plan) == min(total(plan) for plan in fitting)
