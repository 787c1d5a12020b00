# SPDX-License-Identifier: Apache-2.0
"""``harness bench`` as a user sees it: JSON, tables, one's own data, exit codes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.cli import app
from harness.errors import BuildError
from harness.reference import Golden
from tests.measure.chain import OPERATORS, chain_model

MODEL = chain_model()


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HARNESS_RESULTS", str(tmp_path / "results"))
    monkeypatch.setenv("NO_COLOR", "1")
    path = tmp_path / "chain.tflite"
    path.write_bytes(MODEL)
    return path


def bench_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    code = app.run(["bench", *arguments, "--json"])
    printed = json.loads(capsys.readouterr().out)
    assert printed["schema"] == 1
    return code, printed["results"]


def test_the_json_of_a_bench_holds_all_that_its_page_promises(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, [result] = bench_json(capsys, str(model), "--board", "mps2_an386")
    assert code == 0
    assert (result["model"], result["board"], result["runtime"]) == (str(model), "mps2_an386", "codegen")
    assert result["verified"] is True
    wanted = {"rule", "reference", "inputs", "layers", "steps", "distance", "replaced_values"}
    assert set(result["verification"]) == wanted
    assert set(result["verification"]["reference"]) == {"package", "version", "kernels"}
    assert isinstance(result["instructions"], int)
    assert result["instructions"] < result["cycles"]["zero_wait"] < result["cycles"]["flash_wait"]
    assert set(result["cycles"]) == {"zero_wait", "flash_wait", "how", "source"}
    assert {each["cycles"]["how"] for each in (result, *result["layers"])} == {"modelled"}
    assert all(set(layer["cycles"]) == {"zero_wait", "flash_wait", "how"} for layer in result["layers"])
    assert all(layer["classes"].keys() <= result["classes"].keys() for layer in result["layers"])
    assert result["latency_us"] is None
    assert result["energy_uj"] is None
    assert [layer["op"] for layer in result["layers"]] == list(OPERATORS)
    assert all({"name", "op", "macs", "instructions"} <= set(layer) for layer in result["layers"])
    assert {"model_bytes", "stack_bytes", "total_bytes"} <= set(result["ram"])
    assert set(result["flash"]) == {"weights_bytes", "code_bytes", "total_bytes"}
    assert len(result["build_key"]) == len(result["output_sha256"]) == 64


def test_a_command_over_several_boards_finishes_all_and_ends_with_the_worst(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, results = bench_json(capsys, str(model), "--board", "esp32", "--board", "host", "--board", "nonsense")
    assert code == 7
    assert [result["verified"] for result in results] == [False, True, False]
    assert set(results[0]["failure"]) == {"kind", "stage", "message"}
    assert [result.get("failure", {}).get("kind") for result in results] == ["NoBoard", None, "BadBoard"]
    assert results[1]["instructions"] is None
    assert results[1]["cycles"] is None
    assert all(layer["cycles"] is None for layer in results[1]["layers"])


def test_own_data_are_read_and_the_outputs_written(model: Path, tmp_path: Path) -> None:
    own = np.random.default_rng(3).integers(-128, 128, size=(1, 8, 8, 3), dtype=np.int8)
    np.save(tmp_path / "x.npy", own)
    code = app.run(
        [
            "bench",
            str(model),
            "--board",
            "host",
            "--input",
            str(tmp_path / "x.npy"),
            "--output",
            str(tmp_path / "y.npy"),
        ]
    )
    assert code == 0
    assert np.array_equal(np.load(tmp_path / "y.npy"), Golden(MODEL).outputs((own,))[0])


@pytest.mark.parametrize("content", [b"", b"no array", b"\x93NUMPY\x01\x00"], ids=["empty", "text", "cut off"])
def test_a_file_that_is_no_array_is_a_users_mistake(
    content: bytes, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.npy").write_bytes(content)
    assert app.run(["bench", str(model), "--input", str(tmp_path / "x.npy")]) == 2
    printed = capsys.readouterr().err
    assert "x.npy is no .npy file of a plain array\nWrite one array of numbers with numpy.save." in printed


def test_the_table_says_how_each_figure_was_obtained_and_that_the_output_was_verified(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["bench", str(model), "--board", "mps2_an386"]) == 0
    printed = capsys.readouterr().out
    assert "counted" in printed
    assert "modelled: a flash that has wait states" in printed
    assert max(map(len, printed.splitlines())) <= 80
    assert f"verified: 8 inputs and {len(OPERATORS)} layers" in printed
    assert "\x1b[" not in printed
    assert app.run(["bench", str(model), "--board", "nucleo_l4r5zi", "--estimate"]) == 0
    printed = capsys.readouterr().out
    assert "Built for and run on mps2_an386, which stands in for this board." in printed
    assert "modelled (" in printed
    assert "1.8 V" in " ".join(printed.split())


def test_no_figure_of_the_layers_is_cut_off_in_a_narrow_terminal(
    model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert app.run(["bench", str(model), "--board", "mps2_an386"]) == 0
    printed = capsys.readouterr().out
    _, [result] = bench_json(capsys, str(model), "--board", "mps2_an386")
    assert all(f"{layer['instructions']:,}" in printed for layer in result["layers"])
    assert "per MAC" in printed


def test_the_static_ram_is_the_sum_of_what_it_is_made_of_on_the_host_too(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["bench", str(model), "--board", "host"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    found = re.search(r"RAM ([\d,]+) B static \((.*?)\), stack ([\d,]+), heap 0", printed)
    assert found is not None
    total, parts, stack = found.groups()
    sizes = [int(size.replace(",", "")) for size in re.findall(r" (\d[\d,]*)(?:,|$)", f"{parts},")]
    assert sum(sizes) + int(stack.replace(",", "")) == int(total.replace(",", ""))
    assert ".text" not in parts


def test_a_build_that_failed_shows_the_end_of_what_its_tool_printed(
    model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise BuildError("it was not built", log="line\n" * 50 + "[the last] words")

    monkeypatch.setattr("harness.pipeline.bench.begin_build", fail)
    assert app.run(["bench", str(model), "--board", "host"]) == 3
    printed = capsys.readouterr().out
    assert "  | [the last] words\n" in printed
    assert printed.count("  | line") == 29


def test_a_measurement_can_be_shown_and_reported_by_the_beginning_of_its_id(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, [result] = bench_json(capsys, str(model), "--board", "host")
    assert app.run(["show", result["measurement"][:10]]) == 0
    assert json.loads(capsys.readouterr().out)["build_key"] == result["build_key"]
    page = tmp_path / "report.html"
    assert app.run(["report", result["measurement"][:10], "-o", str(page)]) == 0
    assert result["build_key"][:12] in page.read_text(encoding="utf-8")
    assert app.run(["show", "ffffffffffff"]) == 2
