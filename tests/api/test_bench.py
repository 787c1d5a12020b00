# SPDX-License-Identifier: Apache-2.0
"""``harness.bench``, ``harness.fit``, ``harness.run`` and ``harness.results`` as a program calls them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import harness
from harness.boards import board_ids
from harness.cli import app
from harness.errors import BadBoard, BadModel, DoesNotFit, NoBoard, UserError
from harness.finals import Cost, FinalsEvent, Waiting
from harness.reference import Golden
from harness.store import open_store
from tests.conftest import ROOT
from tests.measure.chain import OPERATORS, chain_model

MODEL = chain_model()
DIGITS = ROOT / "examples" / "digits.tflite"


@pytest.fixture(autouse=True)
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HARNESS_RESULTS", str(tmp_path / "results"))
    return tmp_path / "results"


def test_a_bench_gives_an_object_with_the_names_of_the_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "chain.tflite"
    path.write_bytes(MODEL)
    stages: list[str] = []
    result = harness.bench(path, board="mps2_an386", progress=stages.append)
    assert result.verified
    assert result.instructions is not None
    assert sum(layer.instructions or 0 for layer in result.layers) <= result.instructions
    assert [layer.op for layer in result.layers] == list(OPERATORS)
    assert result.ram.model_bytes + result.ram.stack_bytes <= result.ram.total_bytes
    assert stages[0] == "reading the model"
    assert app.run(["bench", str(path), "--board", "mps2_an386", "--json"]) == 0
    [printed] = json.loads(capsys.readouterr().out)["results"]
    assert printed.pop("cached")
    own = result.as_dict()
    assert not own.pop("cached")
    assert {**own, "seconds": None} == {**printed, "seconds": None}
    assert str(result.instructions) in repr(result)
    assert len(repr(result)) < 2000  # as a notebook shows it: figures of the whole model, not each record and layer


def test_own_inputs_give_the_outputs_of_the_device(tmp_path: Path) -> None:
    own = np.random.default_rng(3).integers(-128, 128, size=(1, 8, 8, 3), dtype=np.int8)
    result = harness.bench(MODEL, board="host", inputs=[own], outputs=True, results=tmp_path / "elsewhere")
    assert result.outputs is not None
    assert np.array_equal(result.outputs[0], Golden(MODEL).outputs((own,))[0])
    assert (result.instructions, result.latency_us) == (None, None)
    assert (tmp_path / "elsewhere" / "harness.db").is_file()


def test_inputs_that_are_no_arrays_are_told_as_what_they_would_be() -> None:
    with pytest.raises(UserError, match=r"input 0 must be int8 of shape \[1, 8, 8, 3\], not int64 of shape \[2\]"):
        harness.bench(MODEL, board="host", inputs=[[1, 2]])  # type: ignore[list-item]


def test_what_fails_raises_its_error_and_says_at_which_stage(tmp_path: Path) -> None:
    with pytest.raises(NoBoard, match="esp32") as raised:
        harness.bench(MODEL, board="esp32")
    assert raised.value.stage == "finding the board"
    with pytest.raises(BadModel):
        harness.bench(b"no model", board="host")
    with pytest.raises(UserError, match="cannot be read"):
        harness.bench(tmp_path / "none.tflite")
    with pytest.raises(BadBoard, match="nonsense"):
        harness.bench(MODEL, board="nonsense")


def test_a_model_too_large_for_a_board_raises_with_the_bytes_that_are_missing(tmp_path: Path) -> None:
    small = tmp_path / "small.toml"
    small.write_text((ROOT / "boards" / "microbit.toml").read_text().replace("size_bytes = 16_384", "size_bytes = 256"))
    with pytest.raises(DoesNotFit) as raised:
        harness.bench(MODEL, board=str(small))
    assert raised.value.missing_bytes > 0
    assert harness.fit(MODEL, board=str(small)).verdict == "does not fit"


def test_fit_answers_for_one_board_for_several_and_for_all() -> None:
    one = harness.fit(DIGITS, board="microbit")
    assert one.verdict == "fits"
    assert one.ram.bytes > 0
    assert harness.fit(DIGITS, board=["microbit"]) == (one,)
    assert [found.board for found in harness.fit(DIGITS.read_bytes())] == list(board_ids())
    with pytest.raises(UserError, match="cannot be read"):
        harness.fit("none.tflite", board="microbit")


def test_a_search_is_refused_before_anything_is_trained() -> None:
    with pytest.raises(NoBoard):
        harness.run(board="esp32")
    with pytest.raises(UserError, match="beauty"):
        harness.run(objectives=["beauty"])
    with pytest.raises(UserError, match="none"):
        harness.results("none")


@pytest.mark.slow
def test_a_search_gives_its_front_and_its_table(results: Path) -> None:
    moments: list[str] = []
    costs: list[Waiting | Cost | FinalsEvent] = []
    found = harness.run(
        study="small",
        trials=2,
        seed=1,
        final=1,
        seeds=0,
        progress=lambda event: moments.append(event.moment.value),
        finals_progress=costs.append,
    )
    assert (found.study, found.ended, found.trials) == ("small", "trials", 2)
    assert moments.count("end") == 2
    assert found.report == results / "reports" / "small.html"
    assert found.report.is_file()
    plain = json.loads(json.dumps(found.as_dict()))
    assert plain["front"][0]["values"]["ram@mps2_an386"]["how"] == "counted"
    assert isinstance(costs[0], Cost)
    assert (costs[0].trainings, costs[0].benches) == (0, 1)
    (judged,) = plain["finals"]["candidates"]
    assert judged["own"]["test"]["low"] < judged["own"]["test"]["value"] < judged["own"]["test"]["high"]
    assert [(each["board"], each["samples"]) for each in judged["own"]["streamed"]] == [("mps2_an386", 100)]
    with open_store(results) as store:
        streamed = store.find_measurement(judged["own"]["streamed"][0]["measurement"]).verification
        assert (streamed.verified, streamed.inputs) == (True, 108)
        assert not any(name.startswith("test") for trial in found.found.trials for name, _ in trial.outcome.metrics)
    table = harness.results("small")
    assert list(table[table.on_front].trial) == [entry.trial for entry in found.front]
