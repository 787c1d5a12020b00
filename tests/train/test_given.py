# SPDX-License-Identifier: Apache-2.0
"""A model of one's own as the start of a search: both Keras, what is lost, and what is refused."""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from harness import proc
from harness.cli import app
from harness.errors import BadModel, BadTask
from harness.records import Candidate, CompressionStep
from harness.tasks import LoadedTask, Need, load_task, task_key
from harness.tflite import read_model
from harness.train import evaluate, lost_lines, open_model, produce, with_model
from tests.conftest import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("keras") is None or find_spec("tf_keras") is None, reason="a Keras is not installed"),
]

TECHNIQUES = ("filter_pruning", "int8", "magnitude_pruning")
# A network of tf-keras that is trained a little, so that its answers mean something.
_NATIVE = """
import sys
from harness.tasks import load_task, FixedSpace, keras
from harness.train import fit
loaded = load_task("digits")
keras().utils.set_random_seed(1)
model = loaded.task.families["dense"](FixedSpace({"layers": 1, "units_0": 24}))()
fit(model, loaded, epochs=8, learning_rate=1e-2, seed=1)
model.save(sys.argv[1])
"""


@pytest.fixture(scope="module")
def digits() -> LoadedTask:
    return load_task("digits", need=Need.SPLITS)


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("native") / "mine.keras"
    ended = proc.run([sys.executable, "-c", _NATIVE, str(path)], timeout_seconds=600, cwd=ROOT)
    assert ended.exit_code == 0, ended.output
    return path


def candidate(*steps: CompressionStep) -> Candidate:
    return Candidate(task_key="k", family="model", parameters=(), compression=steps, seed=0)


INT8 = CompressionStep(name="int8")
PRUNED = CompressionStep(name="filter_pruning", parameters=(("fraction", 0.5),))


def test_a_model_of_tf_keras_is_compressed_and_not_trained(native: Path, digits: LoadedTask) -> None:
    given = open_model(native, digits, TECHNIQUES)
    assert (given.rebuilt, given.native, given.lost) == (True, True, ())
    loaded = with_model(digits, given)
    assert list(loaded.task.families) == ["model"]
    assert task_key(loaded, {}) != task_key(digits, {})
    plain = produce(candidate(INT8), loaded)
    assert dict(plain.artifact.metrics)["epochs"] == 0
    assert dict(plain.artifact.metrics)["parameters"] == given.parameters == 64 * 24 + 24 + 24 * 10 + 10
    assert evaluate(plain.model, digits.data.validation, digits.task) > 0.85
    smaller = produce(candidate(PRUNED, INT8), loaded)
    assert dict(smaller.artifact.metrics)["parameters"] == 64 * 12 + 12 + 12 * 10 + 10
    assert evaluate(smaller.model, digits.data.validation, digits.task) > 0.7, "it was tuned"


def test_a_model_of_keras_3_is_rebuilt_for_the_techniques_that_change_it(
    keras3_folder: Path, digits: LoadedTask
) -> None:
    given = open_model(keras3_folder / "chain.keras", digits, TECHNIQUES)
    assert given.keras.startswith("keras 3.")
    assert (given.rebuilt, given.native, given.lost) == (True, False, ())
    made = produce(candidate(), with_model(digits, given))
    graph = read_model(made.model, name="m")
    assert {node.op for node in graph.nodes} >= {"CONV_2D", "DEPTHWISE_CONV_2D", "MAX_POOL_2D", "SOFTMAX"}


def test_what_tf_keras_cannot_build_loses_these_techniques_and_the_others_go_on(
    keras3_folder: Path, digits: LoadedTask
) -> None:
    given = open_model(keras3_folder / "norm.keras", digits, TECHNIQUES)
    assert not given.rebuilt
    assert sorted(dict(given.lost)) == ["filter_pruning", "magnitude_pruning"]
    line = lost_lines(given)[0]
    assert "norm.keras: filter_pruning is lost: tf-keras has no layer RMSNormalization" in line
    loaded = with_model(digits, given)
    made = produce(candidate(), loaded)
    assert dict(made.artifact.metrics)["parameters"] == given.parameters
    assert made.artifact.size_bytes > given.parameters * 4
    with pytest.raises(BadModel, match="filter_pruning is lost"):
        produce(candidate(PRUNED), loaded)
    with pytest.raises(BadModel, match=r"filter_pruning is lost(.|\n)*No technique is left"):
        open_model(keras3_folder / "norm.keras", digits, ("filter_pruning",))


def test_a_technique_that_a_network_does_not_suit_is_lost_alone(keras3_folder: Path, digits: LoadedTask) -> None:
    given = open_model(keras3_folder / "branch.keras", digits, TECHNIQUES)
    assert given.rebuilt
    assert list(dict(given.lost)) == ["filter_pruning"]
    assert "stands at a branch" in lost_lines(given)[0]


def test_a_lambda_is_opened_only_where_it_is_trusted(keras3_folder: Path, digits: LoadedTask) -> None:
    with pytest.raises(BadModel, match="is a Lambda, which holds code"):
        open_model(keras3_folder / "lambda.keras", digits, TECHNIQUES)
    given = open_model(keras3_folder / "lambda.keras", digits, TECHNIQUES, trust=True)
    assert "int8" not in dict(given.lost)


def test_a_model_that_does_not_go_with_the_task_is_refused(keras3_folder: Path, digits: LoadedTask) -> None:
    with pytest.raises(BadModel, match="has 2 outputs"):
        open_model(keras3_folder / "doubled.keras", digits, TECHNIQUES)
    other = load_task("breast_cancer", need=Need.SPLITS)
    with pytest.raises(BadModel, match=r"takes \(8, 8, 1\), the task's samples are \(30,\)"):
        open_model(keras3_folder / "chain.keras", other, TECHNIQUES)
    assert np.load(keras3_folder / "samples.npy").shape == (16, 8, 8, 1)


def test_the_command_searches_the_compression_of_a_file_and_says_what_is_lost(
    keras3_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HARNESS_RESULTS", str(tmp_path / "results"))
    model = str(keras3_folder / "norm.keras")
    arguments = ["--board", "host", "--trials", "2", "--final", "0", "--json"]
    assert app.run(["run", "--model", model, "--task", "digits", *arguments]) == 0
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert found["study"] == "norm"
    assert {entry["family"] for entry in found["front"]} == {"model"}
    assert len(found["lost"]) == 2
    assert "BadModel: norm.keras: magnitude_pruning is lost" in said.err


def test_a_class_that_a_network_has_no_output_for_is_named(native: Path, tmp_path: Path) -> None:
    task = tmp_path / "eleven.py"
    task.write_text(
        "import dataclasses\n"
        "from harness.tasks.digits import TASK as DIGITS, load_data as digits\n"
        "from harness.tasks import Split\n"
        "def load_data():\n"
        "    data = digits()\n"
        "    move = lambda s: Split(inputs=s.inputs, targets=s.targets + 1)\n"
        "    parts = {name: move(split) for name, split in data.splits()}\n"
        "    return dataclasses.replace(data, **parts)\n"
        "TASK = dataclasses.replace(DIGITS, load_data=load_data)\n"
    )
    with pytest.raises(BadTask, match="has 10 outputs, but the train data has the class 10"):
        open_model(native, load_task(str(task), need=Need.SPLITS), TECHNIQUES)
