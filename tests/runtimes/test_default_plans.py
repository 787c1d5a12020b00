# SPDX-License-Identifier: Apache-2.0
"""The plans that ship for cores: they name what there is, and layers of their signatures follow them."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from harness.boards import Board, board_ids, load_board
from harness.firmware.toolchain import OPTIMIZE
from harness.ops import layer_signature, supported_operators, variants_of
from harness.runtimes import KernelPlan, codegen
from harness.runtimes._default_plans import default_plan
from harness.runtimes.codegen import lower_model
from harness.settings import data_dir
from tests.conftest import ROOT
from tests.runtimes.models import small_network

PLANS = sorted((data_dir("boards") / "plans").glob("*.toml"))
DIGITS = (ROOT / "examples" / "digits.tflite").read_bytes()
M4 = load_board("mps2_an386")


def board_of(core: str) -> Board:
    return next(board for name in board_ids() if (board := load_board(name)).core.id == core)


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_a_default_plan_names_levels_operators_and_variants_that_there_are(path: Path) -> None:
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    assert set(found) <= set(OPTIMIZE)
    assert any(found.values())
    assert board_of(path.stem).core.id == path.stem
    for plan in found.values():
        for signature, ranking in plan.items():
            operator = signature.partition(" ")[0]
            assert operator in supported_operators(), signature
            assert len(set(ranking)) == len(ranking) > 1, signature
            assert set(ranking) <= {each.name for each in variants_of(operator)}, signature


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_the_layers_of_a_model_follow_the_plan_of_its_core(path: Path) -> None:
    board, plan = board_of(path.stem), default_plan(path.stem, "speed")
    planned = {
        layer.name: plan[layer_signature(layer.layer)][0]
        for layer in lower_model(DIGITS, board, name="digits").layers
        if layer_signature(layer.layer) in plan
    }
    assert planned
    chosen = {layer.name: layer.variant for layer in lower_model(DIGITS, board, name="digits").layers}
    assert {name: chosen[name] for name in planned} == planned


@pytest.mark.parametrize("name", ["ad", "ic", "kws", "sww", "vww"])
def test_every_convolution_of_a_reference_model_is_planned_on_the_cortex_m4(
    name: str, shared_models: dict[str, Path]
) -> None:
    layers = lower_model(shared_models[name].read_bytes(), M4, name=name).layers
    plan = default_plan("cortex-m4f", "speed")
    for layer in layers:
        if layer.layer.node.op in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"):
            assert layer.variant == plan[layer_signature(layer.layer)][0]


def test_shipped_plans_go_before_hints_and_behind_plans_and_preferences(monkeypatch: pytest.MonkeyPatch) -> None:
    def variant(preferred: KernelPlan = (), plan: KernelPlan = ()) -> str:
        return lower_model(small_network(), M4, name="net", preferred=preferred, plan=plan).layers[0].variant

    signature = layer_signature(lower_model(small_network(), M4, name="net").layers[0].layer)
    assert variant() == "dsp"  # by hint
    monkeypatch.setattr(codegen, "default_plan", lambda _core, _optimize: {signature: ("generic", "dsp")})
    assert variant() == "generic"
    assert variant(preferred=((signature, "blocked"),)) == "blocked"
    assert variant(preferred=((signature, "blocked"),), plan=(("conv_2d_0", "dsp"),)) == "dsp"


def test_a_variant_that_a_layer_cannot_use_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    board = load_board("mps2_an385")
    signature = layer_signature(lower_model(small_network(), board, name="net").layers[0].layer)
    monkeypatch.setattr(codegen, "default_plan", lambda _core, _optimize: {signature: ("dsp", "generic", "blocked")})
    assert lower_model(small_network(), board, name="net").layers[0].variant != "dsp"


def test_a_core_without_a_file_has_no_plan() -> None:
    assert default_plan("no-such-core", "speed") == {}
    assert default_plan("cortex-m4f", "no such level") == {}
