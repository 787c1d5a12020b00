# SPDX-License-Identifier: Apache-2.0
"""``harness ladder`` on small models: the steps, the problems, the exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.cli import app
from harness.errors import BadModel, UserError
from harness.ladder import climb
from tests.ladder.models import dense_model, write_task


def ladder_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = app.run(["ladder", *arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_a_right_model_keeps_its_score_from_step_to_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "points.tflite").write_bytes(dense_model())
    arguments = (str(tmp_path / "points.tflite"), "--data", write_task(tmp_path), "--samples", "30")
    code, found = ladder_json(capsys, *arguments)
    assert (code, found["problems"], found["culprit"], found["failure"]) == (0, [], None, None)
    assert [step["name"] for step in found["steps"]] == ["int8", "host", "mps2_an386"]
    assert found["steps"][0]["value"] > 0.9
    assert all((step["drop"], step["changed"], step["unequal"]) == (0, 0, 0) for step in found["steps"][1:])
    assert (found["metric"], found["samples"], found["calibration"]) == ("accuracy", 30, None)


def test_one_answer_for_all_and_data_in_another_scale_are_problems(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "idle.tflite").write_bytes(dense_model(((0, 0), (0, 0))))
    task = write_task(tmp_path, factor=255.0)
    assert app.run(["ladder", str(tmp_path / "idle.tflite"), "--data", task, "--board", "host"]) == 1
    printed = " ".join(capsys.readouterr().out.split())
    assert "int8 gives the same answer for every sample: class 0" in printed
    assert "of the input values lie outside what the model's input can hold" in printed
    assert "No step loses" not in printed


def test_an_error_after_the_first_step_comes_with_the_steps_before_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "points.tflite").write_bytes(dense_model())
    task = write_task(tmp_path)
    code, found = ladder_json(capsys, str(tmp_path / "points.tflite"), "--data", task, "--board", "esp32_arduino")
    assert code == 7
    assert [step["name"] for step in found["steps"]] == ["int8", "host"]
    assert found["failure"]["kind"] == "NoBoard"


def test_what_is_no_model_or_no_task_is_refused(tmp_path: Path) -> None:
    task = write_task(tmp_path)
    with pytest.raises(UserError, match=r"neither a \.keras nor a \.tflite"):
        climb(tmp_path / "model.h5", task)
    with pytest.raises(UserError, match="cannot be read"):
        climb(tmp_path / "none.tflite", task)
    (tmp_path / "text.keras").write_text("no archive")
    with pytest.raises(BadModel, match="does not say which Keras wrote it"):
        climb(tmp_path / "text.keras", task)
    with pytest.raises(UserError, match="nonsense"):
        climb(tmp_path / "model.tflite", "nonsense")
