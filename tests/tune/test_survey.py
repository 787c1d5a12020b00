# SPDX-License-Identifier: Apache-2.0
"""Measuring variants: few builds, halved where they do not fit; on real boards one by one."""

from __future__ import annotations

import pytest

from harness.errors import BuildError, DoesNotFit, InstrumentError
from harness.records import Measurement
from harness.runtimes import KernelPlan
from harness.tune.survey import survey
from tests.tune.fakes import INSTRUCTIONS, LATENCY, layer, measured

LAYERS = (layer("a", one=1, two=2, three=3), layer("b", one=1, two=2), layer("c", one=1))
COSTS = {("a", "one"): 30, ("a", "two"): 20, ("a", "three"): 10, ("b", "one"): 5, ("b", "two"): 6, ("c", "one"): 1}


class FakeBench:
    """Answers with the sum of the layers' costs; refuses plans that hold one of ``too_large``."""

    def __init__(self, *too_large: tuple[str, str]) -> None:
        self.too_large = set(too_large)
        self.plans: list[KernelPlan] = []

    def __call__(self, plan: KernelPlan, what: str, /) -> Measurement:
        self.plans.append(plan)
        if self.too_large & set(plan):
            raise DoesNotFit(f"{what} is too large", missing_bytes=1)
        return measured({name: COSTS[name, variant] for name, variant in plan})


def test_there_are_as_many_builds_as_the_layer_with_the_most_variants_has() -> None:
    bench = FakeBench()
    found = survey(LAYERS, INSTRUCTIONS, bench)
    assert found.costs == COSTS
    assert bench.plans == [
        (("a", "one"), ("b", "one"), ("c", "one")),
        (("a", "two"), ("b", "two"), ("c", "one")),
        (("a", "three"), ("b", "one"), ("c", "one")),
    ]


def test_a_build_that_does_not_fit_is_halved_until_the_variant_is_known() -> None:
    bench = FakeBench(("b", "two"))
    found = survey(LAYERS, INSTRUCTIONS, bench)
    assert found.unfit == [("b", "two")]
    assert found.costs == {pair: cost for pair, cost in COSTS.items() if pair != ("b", "two")}


def test_where_the_default_does_not_fit_the_leanest_variants_are_the_base() -> None:
    layers = (layer("a", two=2, one=1), layer("c", one=1))
    bench = FakeBench(("a", "two"))
    found = survey(layers, INSTRUCTIONS, bench)
    assert found.costs == {("a", "one"): 30, ("c", "one"): 1}
    assert found.unfit == [("a", "two")]
    with pytest.raises(DoesNotFit):
        survey(LAYERS, INSTRUCTIONS, FakeBench(("c", "one")))


def test_where_only_the_inference_is_timed_each_variant_is_charged_with_the_difference() -> None:
    bench = FakeBench(("a", "two"))
    found = survey(LAYERS, LATENCY, bench)
    assert found.costs == {("a", "one"): 0, ("a", "three"): -20, ("b", "one"): 0, ("b", "two"): 1, ("c", "one"): 0}
    assert found.unfit == [("a", "two")]
    assert len(bench.plans) == 4


def test_other_errors_end_the_survey() -> None:
    def bench(_plan: KernelPlan, _what: str, /) -> Measurement:
        raise BuildError("the compiler failed")

    with pytest.raises(BuildError):
        survey(LAYERS, INSTRUCTIONS, bench)


def test_a_board_that_does_not_count_is_told_from_one_that_does() -> None:
    def bench(plan: KernelPlan, _what: str, /) -> Measurement:
        from dataclasses import replace

        found = measured({name: 1 for name, _ in plan})
        return replace(found, layers=tuple(replace(each, instructions=None) for each in found.layers))

    with pytest.raises(InstrumentError, match="no instructions of layer a"):
        survey(LAYERS, INSTRUCTIONS, bench)
