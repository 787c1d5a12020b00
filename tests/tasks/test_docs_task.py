# SPDX-License-Identifier: Apache-2.0
"""The tasks that docs/tasks.md shows whole are tasks."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from harness.cli import app
from harness.tasks import load_task
from tests.conftest import ROOT
from tests.tasks.test_sound import RATE, tone, write

pytestmark = pytest.mark.skipif(find_spec("scipy") is None, reason="SciPy is not installed")


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    """The docs' task beside a folder of recordings: tones in noise, four of each speaker."""
    text = (ROOT / "docs" / "tasks.md").read_text(encoding="utf-8")
    task = tmp_path / "sounds.py"
    task.write_text(text.split("<!-- task: sounds.py -->\n```python\n")[1].split("```")[0])
    random = np.random.default_rng(8)
    for name, hertz in (("high", 1800.0), ("low", 400.0)):
        for number in range(80):
            noisy = tone(hertz + 20 * (number % 9)) + random.normal(scale=0.2, size=RATE)
            file = tmp_path / "sounds" / name / f"person{number // 4}_{number}.wav"
            write(file, (np.clip(noisy, -1, 1) * 32767).astype(np.int16))
    return task


def test_a_folder_of_recordings_is_a_task(sounds: Path) -> None:
    loaded = load_task(str(sounds))
    assert loaded.data.train.inputs.shape == (96, 31, 20, 1)
    assert [len(split.inputs) for _, split in loaded.data.splits()] == [96, 32, 32]
    assert loaded.data.classes == ("high", "low")
    assert dict(loaded.data.preprocessing)["kind"] == "log_mel"


@pytest.mark.slow
def test_it_is_searched_and_deployed_with_its_constants(
    sounds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import json

    monkeypatch.setenv("HARNESS_RESULTS", str(tmp_path / "results"))
    arguments = ["--board", "host", "--trials", "2", "--final", "0", "--compress", "int8", "--json"]
    assert app.run(["run", "--task", str(sounds), *arguments]) == 0
    best = json.loads(capsys.readouterr().out)["front"][0]
    assert best["values"]["accuracy"]["value"] > 0.9
    library = tmp_path / "library"
    assert app.run(["deploy", best["candidate"], "--board", "host", "--to", str(library)]) == 0
    told = json.loads((library / "task.json").read_text())
    assert told["classes"] == ["high", "low"]
    assert told["preprocessing"]["sample_rate_hz"] == RATE
    assert "the names of the classes" in (library / "README.md").read_text()
