# SPDX-License-Identifier: Apache-2.0
"""``harness run`` before anything is trained; the tour of the README runs a whole search."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from harness.cli import app
from harness.store import open_store
from harness.testing.board import missing_tools
from harness.tune.plan_file import LayerPlan, PlanFile, write_plan


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HARNESS_RESULTS", str(tmp_path / "results"))
    return tmp_path / "results"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--board", "esp32"], 7, "no board 'esp32' is connected"),
        (["--board", "esp32_arduino", "--estimate"], 2, "names no emulator"),
        (["--board", "nucleo_l4r5zi"], 7, "--estimate"),
        (["--board", "esp32", "--estimate", "--objective", "latency"], 2, "has no latency by --estimate"),
        (["--board", "esp32", "--estimate", "--limit", "energy<=1mJ"], 2, "has no energy by --estimate"),
        (["--board", "nonsense"], 2, "there is no board 'nonsense'"),
        (["--task", "nonsense"], 2, "nonsense"),
        (["--objective", "beauty"], 2, "there is no figure 'beauty'"),
        (["--objective", "latency"], 2, "emulated instructions are not time"),
        (["--limit", "ram<32KiB"], 2, "not of the form FIGURE<=NUMBER[UNIT]"),
        (["--limit", "beauty<=1"], 2, "there is no figure 'beauty'"),
        (["--compress", "magic"], 2, "magic"),
        (["--driver", "magic", "--trials", "1"], 2, "magic"),
        (["--sampler", "magic", "--trials", "1"], 2, "magic"),
        (["--resume", "--study", "none"], 2, "none"),
    ],
)
def test_a_request_that_cannot_be_carried_out_is_refused_before_anything_is_trained(
    arguments: list[str], code: int, said: str, results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["run", *arguments]) == code
    assert said in capsys.readouterr().err
    with open_store(results) as store:
        assert all(not store.trials(study.name) for study in store.studies())


def test_a_plan_file_is_read_once_so_that_it_may_be_a_pipe(results: Path, tmp_path: Path) -> None:
    ours, theirs = os.pipe()
    plan = PlanFile(layers=(LayerPlan(name="a", variant="generic", signature="CONV_2D"),))
    write_plan(plan, tmp_path / "plan.toml")
    os.write(theirs, (tmp_path / "plan.toml").read_bytes())
    os.close(theirs)
    try:
        arguments = ["--plan", f"/dev/fd/{ours}", "--timeout", "0.001", "--final", "0", "--jobs", "1"]
        assert app.run(["run", *arguments]) == 0
    finally:
        os.close(ours)
    with open_store(results) as store:
        assert store.study("digits").config["options"]["plan"] == plan.key


@pytest.mark.slow
@pytest.mark.parametrize("board", ["esp32", "esp32c3", "disco_f407vg"])
def test_a_chip_that_is_not_here_is_searched_on_by_its_emulator(
    board: str, results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del results
    if reason := missing_tools(board):
        pytest.skip(reason)
    asked = ["--board", board, "--estimate", "--trials", "2", "--jobs", "1", "--final", "0", "--json"]
    assert app.run(["run", *asked]) == 0
    told = capsys.readouterr()
    assert f"{board}: its own image runs in " in told.err
    assert "without a price for its instructions" in told.err
    found = json.loads(told.out)
    assert found["trials"] == 2
    assert found["front"]
    for entry in found["front"]:
        assert set(entry["values"]) == {"accuracy", f"instructions@{board}", f"ram@{board}"}
        assert {entry["values"][f"{name}@{board}"]["how"] for name in ("instructions", "ram")} == {"counted"}


def test_an_interruption_that_ends_at_once_says_how_to_go_on(
    results: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.api._run.carry_out", interrupted)
    monkeypatch.setattr("sys.argv", ["harness", "run", "--trials", "3"])
    assert app.run(["run", "--trials", "3"]) == 130
    assert "Go on with: harness run --trials 3 --study digits --resume" in capsys.readouterr().err
