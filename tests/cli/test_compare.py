# SPDX-License-Identifier: Apache-2.0
"""``harness compare``: what changed, what may not, and how continuous integration learns of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias
from xml.etree import ElementTree

import pytest

from harness.cli import app
from harness.report.comparison import Figure, Row
from harness.store import open_store
from tests.finals.fakes import HONEST, by_width, checked, searched
from tests.report import synthetic

Result: TypeAlias = dict[str, Any]
Compare: TypeAlias = Callable[..., int]


def result(model: str, *, instructions: int | None = 1000, ram: int = 500, verified: bool = True) -> Result:
    head = {"model": f"models/{model}", "board": "mps2_an386", "runtime": "codegen", "verified": verified}
    if not verified:
        return head | {"failure": {"kind": "WrongAnswer", "stage": "measuring", "message": "no"}}
    sizes = {"model_bytes": 400, "stack_bytes": 100, "total_bytes": ram, "heap_bytes": 0}
    flash = {"weights_bytes": 1, "code_bytes": 2, "total_bytes": 3}
    cycles = {"zero_wait": 1500, "flash_wait": 1900, "how": "modelled", "source": "table"}
    timed = {"latency_us": None, "energy_uj": None}
    return head | timed | {"instructions": instructions, "cycles": cycles, "ram": sizes, "flash": flash}


def write(path: Path, results: list[Result]) -> str:
    path.write_text(json.dumps({"schema": 1, "results": results}))
    return str(path)


@pytest.fixture
def compare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Compare:
    monkeypatch.setenv("HARNESS_RESULTS", str(tmp_path / "results"))

    def run(before: list[Result], after: list[Result], *arguments: str) -> int:
        sides = (write(tmp_path / "a.json", before), write(tmp_path / "b.json", after))
        return app.run(["compare", *sides, *arguments])

    return run


def test_what_rose_by_more_than_is_allowed_ends_with_one_and_is_named(
    compare: Compare, capsys: pytest.CaptureFixture[str]
) -> None:
    before, after = [result("a.tflite")], [result("a.tflite", instructions=1021)]
    assert compare(before, after) == 0
    assert "+2.10%" in capsys.readouterr().out
    assert compare(before, after, "--fail-above", "instructions:3%") == 0
    assert compare(before, after, "--fail-above", "instructions:2%") == 1
    assert "instructions rose from 1,000 to 1,021" in capsys.readouterr().out
    assert compare(before, [result("a.tflite", instructions=1020)], "--fail-above", "instructions:2%") == 0
    assert compare(before, [result("a.tflite", instructions=1)], "--fail-above", "instructions:0%") == 0


def test_several_models_are_matched_by_name_and_one_that_fails_now_is_a_regression(
    compare: Compare, capsys: pytest.CaptureFixture[str]
) -> None:
    before = [result("a.tflite"), result("b.tflite")]
    after = [result("b.tflite"), result("a.tflite", verified=False), result("new.tflite")]
    assert compare(before, after, "--fail-above", "ram.total_bytes:0%") == 1
    printed = capsys.readouterr().out
    assert "a.tflite on mps2_an386 (codegen): ram.total_bytes is not there any more" in printed
    assert "b.tflite on mps2_an386 (codegen): " not in printed
    assert "new.tflite on mps2_an386 (codegen): " not in printed


def test_figures_obtained_in_different_ways_do_not_compare(
    compare: Compare, capsys: pytest.CaptureFixture[str]
) -> None:
    measured = {"value": 10.0, "low": None, "high": None, "how": "measured", "source": "timer"}
    before = [result("a.tflite") | {"latency_us": measured}]
    after = [result("a.tflite") | {"latency_us": measured | {"how": "modelled", "value": 5.0}}]
    assert compare(before, after, "--json") == 0
    rows = {row["figure"]: row for row in json.loads(capsys.readouterr().out)["rows"]}
    assert rows["latency_us"]["change"] is None
    assert rows["instructions"]["change"] == 0
    assert compare(before, after, "--fail-above", "latency_us:50%") == 1
    assert "do not compare" in capsys.readouterr().out


def test_continuous_integration_reads_the_checks_as_junit(compare: Compare, tmp_path: Path) -> None:
    junit = tmp_path / "checks.xml"
    hostile = '<&">\x07.tflite'
    limits = ("--fail-above", "instructions:2%", "--fail-above", "ram.total_bytes:0%", "--junit", str(junit))
    assert compare([result(hostile)], [result(hostile, ram=501)], *limits) == 1
    suite = ElementTree.parse(junit).getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    cases = {case.get("name"): case for case in suite}
    assert cases["instructions"].find("failure") is None
    failure = cases["ram.total_bytes"].find("failure")
    assert failure is not None
    assert "rose from 500 to 501" in str(failure.get("message"))


def test_measurements_and_studies_of_the_store_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with open_store(tmp_path / "r") as store:
        synthetic.fill(store)
        one, other = (found.id for found in store.measurements(synthetic.STUDY)[:2])
    where = ["--results", str(tmp_path / "r"), "--json"]
    assert app.run(["compare", one, other, *where]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert len({row["subject"] for row in rows}) == 1
    assert all(row["before"] and row["after"] for row in rows if row["figure"].startswith("ram."))
    assert app.run(["compare", synthetic.STUDY, synthetic.STUDY, *where]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert rows
    assert {row["change"] for row in rows} == {0.0}
    assert all(row["subject"].startswith("best of the front on ") for row in rows)


def test_final_checks_of_two_studies_are_compared_where_both_have_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shift = by_width(HONEST, {1: 0.2, 2: 0.6, 3: 0.0})
    with open_store(tmp_path / "r") as store:
        found = searched(store, shift)
        judged = checked(store, found, shift)
        searched(store, shift, study="unchecked")
    where = ["--results", str(tmp_path / "r")]
    assert app.run(["compare", "s", "unchecked", *where]) == 0
    assert "final check" not in capsys.readouterr().out
    assert app.run(["compare", "s", "s", *where, "--json"]) == 0
    rows = {r["figure"]: r for r in json.loads(capsys.readouterr().out)["rows"] if r["subject"] == "final check"}
    best = judged.candidates[0].own.test
    assert best is not None
    assert rows["test accuracy"]["before"] == {"value": best.value, "how": "host", "low": best.low, "high": best.high}
    assert rows["share that survives"]["after"]["value"] == pytest.approx(2 / 3)
    assert rows["mean instructions@one"]["after"] == {"value": 100.0, "how": "counted"}
    assert app.run(["compare", "s", "s", *where]) == 0
    assert f"{best.value:.6g} ({best.low:.3f}-{best.high:.3f})" in capsys.readouterr().out


def test_a_name_that_is_too_long_for_the_terminal_is_folded_not_cut(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    with open_store(tmp_path / "r") as store:
        shift = by_width(HONEST)
        checked(store, searched(store, shift), shift)
    assert app.run(["compare", "s", "s", "--results", str(tmp_path / "r")]) == 0
    printed = capsys.readouterr().out
    assert "share" in printed
    assert "…" not in printed


def test_scores_whose_intervals_overlap_are_neither_better_nor_worse() -> None:
    def row(before: Figure, after: Figure) -> Row:
        return Row(subject="final check", figure="test accuracy", before=before, after=after)

    def score(value: float) -> Figure:
        return Figure(value=value, how="host", more=True, low=value - 0.02, high=value + 0.02)

    assert row(score(0.90), score(0.93)).better is None
    assert row(score(0.90), score(0.95)).better is True
    assert row(score(0.95), score(0.90)).better is False
    assert row(replace(score(0.90), low=None, high=None), score(0.93)).better is True


def test_two_candidates_are_compared_by_trial_or_id_their_scores_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_store(tmp_path / "r") as store:
        synthetic.fill(store)
        trials = {trial.number: trial for trial in store.trials(synthetic.STUDY)}
    where = ["--results", str(tmp_path / "r"), "--json"]
    found = []
    for sides in (
        (f"{synthetic.STUDY}:1", f"{synthetic.STUDY}:2"),
        (trials[1].candidate_key[:16], trials[2].candidate_key[:16]),
    ):
        assert app.run(["compare", *sides, *where]) == 0
        found.append(json.loads(capsys.readouterr().out)["rows"])
    assert found[0] == found[1]
    assert {row["subject"] for row in found[0]} == {f"on {board}" for board in synthetic.BOARDS}
    score = next(row for row in found[0] if row["figure"] == "validation_accuracy")
    assert score["better"] is (score["after"]["value"] > score["before"]["value"])
    assert not any("test" in row["figure"] for row in found[0])
    assert app.run(["compare", f"{synthetic.STUDY}:8", f"{synthetic.STUDY}:2", *where]) == 2
    assert "no measured trial '8'" in capsys.readouterr().err


def test_a_comparison_is_a_page_that_names_regressions_and_takes_nothing_for_html(
    compare: Compare, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "c.html"
    hostile = "<b>&.tflite"
    after = [result(hostile, instructions=1021, ram=400)]
    options = ("--fail-above", "instructions:2%", "--html", str(page))
    assert compare([result(hostile)], after, *options) == 1
    text = page.read_text()
    body = text.partition("</style>")[2]
    assert "<b>&.tflite" not in text
    assert "&lt;b&gt;&amp;.tflite" in body
    assert "1 regression" in body
    assert "instructions rose from 1,000 to 1,021" in body
    assert body.count(">better<") == 1
    assert body.count(">regression<") == 2
    assert compare([result(hostile)], after, "--html", "/proc/c.html") == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--fail-above", "instructions"], "not of the form FIGURE:PERCENT%"),
        (["--fail-above", "instruction:1%"], "Did you mean 'instructions'"),
        (["--junit", "x.xml"], "no checks"),
        (["--fail-above", "latency_us:1%"], "neither side has the figure latency_us"),
        (["--fail-above", "instructions:1%", "--junit", "/no/such/x.xml"], "cannot be written"),
    ],
)
def test_wrong_arguments_are_refused(
    arguments: list[str], says: str, compare: Compare, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare([result("a.tflite")], [result("a.tflite")], *arguments) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "[]", '{"schema": 2, "results": []}', '{"schema": 1, "results": [{}]}'])
def test_a_file_that_is_no_bench_is_refused(content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.json").write_text(content)
    missing = str(tmp_path / "none.json")
    for side, says in ((str(tmp_path / "x.json"), "x.json is "), (missing, "cannot be read")):
        assert app.run(["compare", side, missing, "--results", str(tmp_path / "r")]) == 2
        assert says in capsys.readouterr().err
