# SPDX-License-Identifier: Apache-2.0
"""Files of both Keras: each is loaded by the one that wrote it, converted, and followed down to the host."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from harness import proc
from harness.errors import ToolError, UnsupportedModel
from harness.ladder import climb
from tests.conftest import ROOT
from tests.ladder.models import write_task

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("tf_keras") is None, reason="the training stack is not installed"),
]

# Weights by hand: output 0 is larger where the second coordinate is.
_SAVE = """
import os, sys
os.environ |= {{"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "TF_USE_LEGACY_KERAS": "{legacy}"}}
import {keras} as k
import numpy as np
entry = k.layers.Input((2,))
hidden = {hidden}
model = k.Model(entry, k.layers.Dense(2, activation="softmax")(hidden))
weights = model.get_weights()
if "{weights}" == "right":
    weights[:2] = [np.eye(2, 8, dtype=np.float32) * 4, np.zeros(8, np.float32)]
    weights[2] = np.zeros((8, 2), np.float32)
    weights[2][0, 1] = weights[2][1, 0] = 4
if "{weights}" == "zero":
    weights = [np.zeros_like(each) for each in weights]
model.set_weights(weights)
model.save(sys.argv[1])
"""


_DENSE = "k.layers.Dense(8, activation='relu')(entry)"
_LOOP = "k.layers.GRU(4)(k.layers.Reshape((2, 1))(entry))"


def save(path: Path, keras: str, *, hidden: str = _DENSE, weights: str = "right") -> Path:
    code = _SAVE.format(keras=keras, legacy=int(keras == "tf_keras"), hidden=hidden, weights=weights)
    ended = proc.run([sys.executable, "-c", code, str(path)], timeout_seconds=300, cwd=ROOT)
    assert ended.exit_code == 0, ended.output
    return path


@pytest.mark.parametrize(("keras", "package"), [("tf_keras", "tf-keras 2."), ("keras", "keras 3.")])
def test_a_file_is_loaded_by_the_keras_that_wrote_it(keras: str, package: str, tmp_path: Path) -> None:
    path = save(tmp_path / "points.keras", keras)
    stages: list[str] = []
    found = climb(path, write_task(tmp_path), board="host", samples=40, watch=stages.append)
    assert found.failure is None
    assert found.problems == ()
    assert [step.name for step in found.steps] == ["float", "int8", "host"]
    assert found.steps[0].what.startswith(package)
    assert found.steps[0].value == 1.0
    assert found.steps[2].unequal == 0
    assert found.calibration is not None
    assert found.calibration.changed > 0
    assert any(stage.startswith("loading and converting by") for stage in stages)


def test_a_dead_network_is_reported_although_the_reference_interpreter_dies_of_it(tmp_path: Path) -> None:
    path = save(tmp_path / "dead.keras", "keras", weights="zero")
    found = climb(path, write_task(tmp_path), board="host", samples=40)
    assert found.problems[0] == "float gives the same answer for every sample: class 0"
    assert [step.name for step in found.steps] == ["float"]
    assert isinstance(found.failure, UnsupportedModel)
    assert "scale" in found.failure.message


def test_calibration_data_without_effect_are_reported(tmp_path: Path) -> None:
    path = save(tmp_path / "points.keras", "keras")
    found = climb(path, write_task(tmp_path, alike=True), board="host", samples=40)
    assert found.calibration is not None
    assert (found.calibration.samples, found.calibration.changed) == (80, 0)
    assert "all alike" in found.problems[1]


def test_a_network_that_cannot_be_converted_or_rendered_still_tells_its_float_score(tmp_path: Path) -> None:
    path = save(tmp_path / "loop.keras", "tf_keras", hidden=_LOOP, weights="random")
    found = climb(path, write_task(tmp_path), board="host", samples=40)
    assert found.steps[0].name == "float"
    assert isinstance(found.failure, (ToolError, UnsupportedModel))
    assert "unroll=True" in str(found.failure)
