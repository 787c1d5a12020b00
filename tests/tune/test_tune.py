# SPDX-License-Identifier: Apache-2.0
"""Tuning a network on an emulated core, and what a bench makes of the plan."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness.api._plan import open_plan
from harness.api._request import plan_option
from harness.boards import load_board
from harness.cli.app import run
from harness.errors import DoesNotFit, UserError
from harness.pipeline import BenchRequest, bench_model
from harness.records import Measurement
from harness.runtimes import KernelPlan
from harness.runtimes.codegen import lower_model
from harness.store import open_store
from harness.tune import (
    Bench,
    LayerPlan,
    PlanFile,
    TuneRequest,
    default_objective,
    find_objective,
    read_plan,
    tune,
    write_plan,
)
from harness.tune.layers import planned_bytes, tunable_layers
from tests.runtimes.models import small_network
from tests.tune.fakes import INSTRUCTIONS, LATENCY, measured

MODEL = small_network()
M4 = load_board("mps2_an386")
REQUEST = TuneRequest(model=MODEL, name="net.tflite", board=M4, objective=INSTRUCTIONS)


def test_the_default_variant_stands_first_and_each_layer_knows_what_its_step_needs() -> None:
    layers = tunable_layers(REQUEST)
    lowering = lower_model(MODEL, M4, name="net.tflite")
    assert [(each.name, each.default) for each in layers] == [(each.name, each.variant) for each in lowering.layers]
    assert all("generic" in each.variants for each in layers)
    default = tuple((each.name, each.default) for each in layers)
    placed = planned_bytes(REQUEST, default)
    assert placed is not None
    assert placed >= max(each.step_bytes[each.default] for each in layers)


def test_a_tuned_plan_is_written_measured_and_followed_by_a_bench(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.tflite").write_bytes(MODEL)
    arguments = ["tune", "net.tflite", "--board", "mps2_an386", "--results", "results"]
    assert run([*arguments, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    plan = read_plan(Path("net.mps2_an386.plan.toml"))
    assert answer["plan"] == "net.mps2_an386.plan.toml"
    assert (plan.model, plan.board, plan.core, plan.objective) == (
        "net.tflite",
        "mps2_an386",
        "cortex-m4f",
        "instructions",
    )
    for layer in plan.layers:
        figures = dict(layer.measured)
        assert figures[layer.variant] == min(figures.values())
    assert answer["tuned"]["verified"]
    assert answer["tuned"]["instructions"] <= answer["default"]["instructions"]
    with open_store(Path("results")) as store:
        asked = BenchRequest(
            model=MODEL, name="net.tflite", board="mps2_an386", plan=plan.by_name, plan_model=plan.model_sha256
        )
        outcome = bench_model(asked, lambda: store).outcome
        assert outcome.cached
        assert outcome.deployment is not None
        assert outcome.deployment.plan == plan.by_name
        assert outcome.measurement is not None
        assert outcome.measurement.instructions is not None
        assert outcome.measurement.instructions.value == plan.total
    assert run(arguments) == 0  # all builds are known by now
    assert "plans measured" in capsys.readouterr().out


def test_a_plan_for_another_model_is_a_users_mistake(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        asked = BenchRequest(model=MODEL, name="net.tflite", board="host", plan_model="0" * 64)
        failure = bench_model(asked, lambda: store).outcome.failure
    assert failure is not None
    assert failure.kind == "UserError"
    assert "is for another model" in failure.message


def test_an_objective_must_be_one_that_the_board_has() -> None:
    with pytest.raises(UserError, match="there is no objective 'speed'"):
        find_objective("speed", M4)
    with pytest.raises(UserError, match="mps2_an386 does not give latency"):
        find_objective("latency", M4)
    with pytest.raises(UserError, match="nothing to tune for"):
        find_objective("instructions", load_board("host"))


def test_a_bench_takes_a_plan_file_and_says_what_is_wrong_with_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.tflite").write_bytes(MODEL)
    arguments = ["bench", "net.tflite", "--board", "host", "--results", "results", "--json", "--plan", "hand.toml"]
    for layer, variant, said in (
        ("conv_2d_0", "dsp", "no variant 'dsp' for this layer and core"),
        ("conv_2d_9", "generic", "the kernel plan names the layer 'conv_2d_9'"),
    ):
        write_plan(PlanFile(layers=(LayerPlan(name=layer, variant=variant),)), Path("hand.toml"))
        assert run(arguments) == 2
        assert said in json.loads(capsys.readouterr().out)["results"][0]["failure"]["message"]
    write_plan(PlanFile(layers=(LayerPlan(name="conv_2d_0", variant="generic"),)), Path("hand.toml"))
    assert run(arguments) == 0
    layers = json.loads(capsys.readouterr().out)["results"][0]["layers"]
    assert layers[0]["variant"] == "generic"


def test_a_search_resumes_only_with_the_plan_that_it_began_with(tmp_path: Path) -> None:
    options = []
    for variant in ("generic", "dsp", "dsp"):
        layers = (LayerPlan(name="a", variant=variant, signature="CONV_2D"),)
        write_plan(PlanFile(layers=layers), tmp_path / "plan.toml")
        options.append(plan_option(open_plan(tmp_path / "plan.toml")))
    assert options[0] != options[1] == options[2]


SLOW = 90.0  # of variants that a test does not name


def by_hand(costs: dict[str, float], ram: dict[KernelPlan, int]) -> Bench:
    """A bench in which a layer costs what its variant costs, and that takes of RAM what the planner says."""

    def bench(plan: KernelPlan, _what: str, /) -> Measurement:
        placed = planned_bytes(REQUEST, plan)
        assert placed is not None
        ram[plan] = placed
        return measured({name: costs.get(variant, SLOW) for name, variant in plan}, ram_bytes=placed)

    return bench


def test_a_limit_of_ram_is_kept_by_slower_kernels() -> None:
    costs = {"dsp": 10.0, "blocked": 20.0, "linear": 20.0, "generic": 50.0}
    ram: dict[KernelPlan, int] = {}
    free = tune(REQUEST, by_hand(costs, ram))
    assert dict(free.plan.by_name)["conv_2d_0"] == "dsp"
    assert free.before is not None
    limit = free.after.ram.model_bytes - 1
    limited = tune(replace(REQUEST, ram_limit_bytes=limit), by_hand(costs, ram))
    assert limited.after.ram.model_bytes <= limit
    assert limited.plan.total is not None
    assert free.plan.total is not None
    assert limited.plan.total > free.plan.total
    for plan, used in ram.items():
        assert used > limit or sum(costs.get(name, SLOW) for _, name in plan) >= limited.plan.total


def test_a_measured_plan_that_breaks_the_limit_all_the_same_is_an_error() -> None:
    def bench(plan: KernelPlan, _what: str, /) -> Measurement:
        return measured({name: 1.0 for name, _ in plan}, ram_bytes=100_000)

    with pytest.raises(DoesNotFit, match="99000 more than allowed"):
        tune(replace(REQUEST, ram_limit_bytes=1000), bench)


def test_a_real_board_is_tuned_by_the_time_of_whole_inferences() -> None:
    nucleo = load_board("nucleo_l4r5zi")
    assert default_objective(nucleo) == "latency"
    request = replace(REQUEST, board=nucleo, objective=LATENCY)
    found = tune(request, by_hand({"dsp": 30.0, "blocked": 20.0, "linear": 20.0, "generic": 50.0}, {}))
    chosen = dict(found.plan.by_name)
    assert chosen["conv_2d_0"] == "blocked"
    measured_costs = dict(found.plan.layers[0].measured)
    assert (measured_costs["dsp"], measured_costs["generic"], measured_costs["blocked"]) == (0.0, 20.0, -10.0)
    assert found.plan.objective == "latency"
    assert found.before is not None
    assert found.after.latency is not None
    assert found.before.latency is not None
    assert found.after.latency.value < found.before.latency.value


def test_a_plan_that_is_slower_as_a_whole_than_one_measured_before_is_not_written() -> None:
    default = {layer.name: layer.default for layer in tunable_layers(REQUEST)}

    def bench(plan: KernelPlan, _what: str, /) -> Measurement:
        changed = [name for name, variant in plan if variant != default[name]]
        costs = dict.fromkeys(default, 20.0) | dict.fromkeys(changed, 30.0)
        if "conv_2d_0" in changed:  # seems fast beside other changes, and is not by itself
            costs["conv_2d_0"] = 10.0 if len(changed) > 1 else 200.0
        return measured(costs)

    found = tune(REQUEST, bench)
    assert found.plan.by_name == found.default
    assert found.plan.total == 20.0 * len(default)
