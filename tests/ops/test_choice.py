# SPDX-License-Identifier: Apache-2.0
"""Variants: the cheapest that the core can run, or the one that a plan names."""

from __future__ import annotations

import dataclasses

import pytest

from harness.errors import UnsupportedModel, UserError
from harness.ops import (
    _choice,
    choose_variant,
    count_macs,
    layer_signature,
    parse_layer,
    supported_operators,
    variants_of,
)
from harness.ops._base import Layer, Variant
from harness.tflite import read_model
from tests.runtimes.models import small_network

GRAPH = read_model(small_network(), name="net")
CONV = parse_layer(GRAPH.nodes[0], GRAPH)
GENERIC = variants_of("CONV_2D")[0]


def fast(layer: Layer, features: frozenset[str]) -> bool:
    return layer.signature == "s8s8" and "dsp" in features


@pytest.fixture
def two_variants(monkeypatch: pytest.MonkeyPatch) -> None:
    cheap: Variant = dataclasses.replace(GENERIC, name="dsp", accepts=fast, cost=lambda _layer: 1.0)
    monkeypatch.setattr(_choice, "variants_of", lambda _operator: (GENERIC, cheap))


@pytest.mark.usefixtures("two_variants")
def test_the_cheapest_variant_that_the_core_can_run_is_chosen() -> None:
    assert choose_variant(CONV, frozenset({"dsp"})).name == "dsp"
    assert choose_variant(CONV, frozenset()).name == "generic"


@pytest.mark.usefixtures("two_variants")
def test_where_code_is_made_for_size_a_variant_that_takes_more_of_it_is_left_to_plans(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    large = dataclasses.replace(GENERIC, name="large", cost=lambda _layer: 1.0, too_large_for_size=True)
    monkeypatch.setattr(_choice, "variants_of", lambda _operator: (GENERIC, large))
    chosen = {level: choose_variant(CONV, frozenset(), optimize=level).name for level in ("speed", "balanced", "size")}
    assert chosen == {"speed": "large", "balanced": "large", "size": "generic"}
    assert choose_variant(CONV, frozenset(), "large", optimize="size").name == "large"


@pytest.mark.usefixtures("two_variants")
def test_a_plan_overrides_the_cost_but_not_what_a_core_can_run() -> None:
    assert choose_variant(CONV, frozenset({"dsp"}), "generic").name == "generic"
    with pytest.raises(UserError, match="no variant 'dsp' for this layer and core"):
        choose_variant(CONV, frozenset(), "dsp")


@pytest.mark.usefixtures("two_variants")
def test_a_preference_serves_where_the_core_can_run_it_and_is_passed_over_elsewhere() -> None:
    assert choose_variant(CONV, frozenset({"dsp"}), preferred="generic").name == "generic"
    assert choose_variant(CONV, frozenset(), preferred="dsp").name == "generic"
    assert choose_variant(CONV, frozenset({"dsp"}), "dsp", preferred="generic").name == "dsp"


@pytest.mark.usefixtures("two_variants")
def test_a_ranking_goes_before_hints_of_variants_that_it_knows() -> None:
    dsp = frozenset({"dsp"})
    assert choose_variant(CONV, dsp, ranked=("generic", "dsp")).name == "generic"
    assert choose_variant(CONV, frozenset(), ranked=("dsp", "generic")).name == "generic"
    assert choose_variant(CONV, dsp, ranked=("generic", "older")).name == "dsp"  # which the ranking does not know
    assert choose_variant(CONV, dsp, preferred="dsp", ranked=("generic", "dsp")).name == "dsp"
    assert choose_variant(CONV, dsp, "dsp", ranked=("generic", "dsp")).name == "dsp"


def test_a_layer_signature_tells_operator_types_shapes_and_window_and_no_values() -> None:
    assert layer_signature(CONV) == ("CONV_2D s8s8 1x6x6x5 by 5x3x3x5 to 1x6x6x5, window 3x3 stride 1x1 pad 1x1")
    other = dataclasses.replace(CONV, weight_format="block_sparse")
    assert layer_signature(other).startswith("CONV_2D s8s8 block_sparse 1x6x6x5")
    signatures = [layer_signature(parse_layer(node, GRAPH)) for node in GRAPH.nodes]
    assert signatures[1:] == [
        "ADD s8s8 1x6x6x5+1x6x6x5 to 1x6x6x5",
        "AVERAGE_POOL_2D s8s8 1x6x6x5 to 1x2x2x5, window 3x3 stride 3x3 pad 0x0",
        "RESHAPE s8s8 1x2x2x5 to 1x20",
        "FULLY_CONNECTED s8s8 1x20 by 4x20 to 1x4",
    ]


def test_a_weight_format_without_a_kernel_is_refused() -> None:
    with pytest.raises(UnsupportedModel, match="no kernel for s8s8 with block_sparse weights"):
        choose_variant(dataclasses.replace(CONV, weight_format="block_sparse"), frozenset())


def test_the_operators_are_the_modules_of_the_package() -> None:
    assert {"ADD", "CONV_2D", "SOFTMAX"} <= set(supported_operators())
    assert "VARIANTS" not in supported_operators()


@pytest.mark.parametrize("operator", supported_operators())
def test_every_operator_has_one_generic_variant(operator: str) -> None:
    assert [variant.name for variant in variants_of(operator) if variant.operator == operator].count("generic") == 1


def test_products_are_counted_by_the_operator() -> None:
    assert count_macs(CONV) == 6 * 6 * 5 * 3 * 3 * 5
