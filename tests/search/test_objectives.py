# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import pytest

from harness.boards import load_board
from harness.errors import UserError
from harness.records import Artifact, Cycles, How, LayerProfile, Quantity
from harness.search import Objective, default_objectives, parse_objectives
from harness.search.figures import figure_of
from tests.search.fakes import make_measurement

M4, RISCV, REAL, HOST = map(load_board, ("mps2_an386", "riscv32_virt", "nucleo_l4r5zi", "host"))
AVR = load_board("simavr_atmega2560")


def keys(objectives: tuple[Objective, ...]) -> list[str]:
    return [f"{objective.direction[:3]} {objective.key}" for objective in objectives]


def test_an_emulated_board_is_searched_for_instructions_and_ram() -> None:
    assert keys(default_objectives("accuracy", [M4])) == [
        "max accuracy",
        "min instructions@mps2_an386",
        "min ram@mps2_an386",
    ]


def test_a_priced_board_is_searched_for_latency_energy_and_ram() -> None:
    found = keys(default_objectives("accuracy", [REAL], estimate=True))
    assert found == ["max accuracy", *(f"min {name}@nucleo_l4r5zi" for name in ("latency", "energy", "ram"))]


def test_a_board_without_a_price_is_searched_for_instructions_and_ram() -> None:
    found = keys(default_objectives("accuracy", [load_board("esp32")], estimate=True))
    assert found == ["max accuracy", "min instructions@esp32", "min ram@esp32"]


def test_energy_is_no_default_where_no_meter_may_be_connected() -> None:
    assert "min energy@nucleo_l4r5zi" not in keys(default_objectives("accuracy", [REAL]))


def test_the_hosts_time_is_no_objective() -> None:
    assert keys(default_objectives("accuracy", [HOST])) == ["max accuracy", "min ram@host"]


def test_several_boards_have_objectives_of_their_own() -> None:
    assert len(default_objectives("accuracy", [M4, RISCV])) == 5


def test_objectives_are_read_from_text() -> None:
    found = parse_objectives(["accuracy", "flash", "ram:max@riscv32_virt"], ("accuracy",), [M4, RISCV])
    assert keys(found) == ["max accuracy", "min flash@mps2_an386", "min flash@riscv32_virt", "max ram@riscv32_virt"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("flash.total_bytes:min", ["min flash@mps2_an386", "min flash@riscv32_virt"]),
        ("mps2_an386:instructions", ["min instructions@mps2_an386"]),
        ("mps2_an386:ram.total_bytes:max", ["max ram@mps2_an386"]),
        ("instructions@mps2_an386", ["min instructions@mps2_an386"]),
        ("instructions@mps2_an386:max", ["max instructions@mps2_an386"]),
        ("cycles@mps2_an386", ["min cycles@mps2_an386"]),
        ("mps2_an386:cycles.zero_wait", ["min cycles.zero_wait@mps2_an386"]),
        ("macs:min@riscv32_virt", ["min macs@riscv32_virt"]),
        ("model_bytes", ["min model_bytes"]),
        ("recall", ["max recall"]),
        ("recall:min", ["min recall"]),
    ],
)
def test_any_figure_is_read_with_its_board_before_or_behind_it(text: str, wanted: list[str]) -> None:
    assert keys(parse_objectives([text], ("accuracy", "recall"), [M4, RISCV])) == wanted


def test_cycles_need_a_core_whose_instructions_are_priced_or_an_emulator_that_counts_them() -> None:
    assert keys(parse_objectives(["cycles"], ("accuracy",), [AVR])) == ["min cycles@simavr_atmega2560"]
    for text in ("cycles", "cycles.flash_wait"):
        with pytest.raises(UserError, match="riscv32_virt has no cycles"):
            parse_objectives([text], ("accuracy",), [RISCV])
    with pytest.raises(UserError, match="nobody has priced"):
        parse_objectives(["cycles.zero_wait"], ("accuracy",), [AVR])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("mps2_an385:ram", "'mps2_an385' is neither a figure nor a board that is searched on"),
        ("mps2_an386:ramm", "there is no figure 'ramm'"),
        ("ram.total_bytes:less", "no direction 'less'"),
        ("mps2_an386:ram@mps2_an386", "not of the form"),
        ("mps2_an386:ram:less", "no direction 'less'"),
        ("model_bytes@mps2_an386", "no figure of a board"),
        ("accurcy", "Did you mean 'accuracy'"),
        ("ram:smaller", "no direction 'smaller'"),
        ("ram@esp32", "not searched on"),
        ("accuracy@mps2_an386", "no figure of a board"),
        ("latency", "emulated instructions are not time"),
        ("energy", "emulated instructions are not time"),
        ("$(rm)", "not of the form"),
        ("", "not of the form"),
    ],
)
def test_a_wrong_objective_is_refused_with_what_is_right(text: str, says: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_objectives([text], ("accuracy",), [M4])
    assert says in str(caught.value)


def test_an_objective_given_twice_is_refused() -> None:
    with pytest.raises(UserError, match="ram@mps2_an386 is given twice"):
        parse_objectives(["ram", "ram:max"], ("accuracy",), [M4])


def test_the_metric_is_that_of_the_validation_data() -> None:
    metrics = (("test_accuracy", 0.1), ("validation_accuracy", 0.9))
    artifact = Artifact(sha256="0" * 64, name="a", size_bytes=1, metrics=metrics)
    assert figure_of(Objective(name="accuracy", direction="maximize"), artifact, {}).value == 0.9


def test_figures_of_a_board_carry_how_they_were_obtained() -> None:
    artifact = Artifact(sha256="0" * 64, name="a", size_bytes=1)
    measured = {"one": make_measurement("k", "one", how=How.MODELLED)}
    assert (
        figure_of(Objective(name="instructions", direction="minimize", board="one"), artifact, measured).how
        == "modelled"
    )
    assert figure_of(Objective(name="ram", direction="minimize", board="one"), artifact, measured).how == "counted"
    with pytest.raises(UserError, match="one yields no latency"):
        figure_of(Objective(name="latency", direction="minimize", board="one"), artifact, measured)


def test_every_figure_of_a_board_and_of_the_model_is_found_by_its_name() -> None:
    artifact = Artifact(sha256="0" * 64, name="a", size_bytes=7, metrics=(("parameters", 3.0),))
    measured = make_measurement("k", "one")
    layer = LayerProfile(name="l", op="ADD", macs=5, instructions=None)
    priced = replace(measured, layers=(layer, layer), cycles=Cycles(zero_wait=10, flash_wait=20))
    exact = replace(priced, counted_cycles=Quantity(value=15, unit="cycles", how=How.COUNTED, source=""))
    wanted = {
        ("model_bytes", None): (7, "host"),
        ("parameters", None): (3, "host"),
        ("macs", "one"): (10, "counted"),
        ("cycles", "one"): (20, "modelled"),
        ("cycles.zero_wait", "one"): (10, "modelled"),
        ("cycles", "two"): (15, "counted"),
        ("cycles.flash_wait", "two"): (20, "modelled"),
    }
    for (name, board), expected in wanted.items():
        objective = Objective(name=name, direction="minimize", board=board)
        found = figure_of(objective, artifact, {"one": priced, "two": exact})
        assert (found.value, found.how) == expected
    with pytest.raises(UserError, match="one yields no cycles"):
        figure_of(Objective(name="cycles", direction="minimize", board="one"), artifact, {"one": measured})
