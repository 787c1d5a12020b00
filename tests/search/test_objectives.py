# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from harness.boards import load_board
from harness.errors import UserError
from harness.records import Artifact, How
from harness.search import Objective, default_objectives, parse_objectives
from harness.search.objectives import figure_of
from tests.search.fakes import make_measurement

M4, RISCV, REAL, HOST = map(load_board, ("mps2_an386", "riscv32_virt", "nucleo_l4r5zi", "host"))


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


def test_energy_is_no_default_where_no_meter_may_be_connected() -> None:
    assert "min energy@nucleo_l4r5zi" not in keys(default_objectives("accuracy", [REAL]))


def test_the_hosts_time_is_no_objective() -> None:
    assert keys(default_objectives("accuracy", [HOST])) == ["max accuracy", "min ram@host"]


def test_several_boards_have_objectives_of_their_own() -> None:
    assert len(default_objectives("accuracy", [M4, RISCV])) == 5


def test_objectives_are_read_from_text() -> None:
    found = parse_objectives(["accuracy", "flash", "ram:max@riscv32_virt"], "accuracy", [M4, RISCV])
    assert keys(found) == ["max accuracy", "min flash@mps2_an386", "min flash@riscv32_virt", "max ram@riscv32_virt"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
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
        parse_objectives([text], "accuracy", [M4])
    assert says in str(caught.value)


def test_an_objective_given_twice_is_refused() -> None:
    with pytest.raises(UserError, match="ram@mps2_an386 is given twice"):
        parse_objectives(["ram", "ram:max"], "accuracy", [M4])


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
