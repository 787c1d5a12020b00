# SPDX-License-Identifier: Apache-2.0
"""``harness new-task``: what it writes is a task."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli import app
from harness.tasks import FixedSpace, load_task


def test_what_it_writes_is_a_task_with_data_and_families(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.py"
    assert app.run(["new-task", str(path)]) == 0
    assert f"harness run --task {path}" in capsys.readouterr().out
    assert "THIS_FILE" not in path.read_text()
    assert "SPDX" not in path.read_text(), "it is the user's"
    loaded = load_task(str(path))
    assert set(loaded.task.families) == {"dense", "convolutional"}
    assert set(loaded.data.train.targets) == set(loaded.data.test.targets) == {0, 1, 2}
    loaded.task.families["dense"](FixedSpace({"layers": 1, "units_0": 8}))


@pytest.mark.slow
def test_what_it_writes_runs_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_RESULTS", str(tmp_path / "results"))
    assert app.run(["new-task", str(tmp_path / "mine.py")]) == 0
    assert (
        app.run(["run", "--task", str(tmp_path / "mine.py"), "--board", "mps2_an386", "--trials", "3", "--final", "0"])
        == 0
    )


def test_a_file_that_is_there_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.py"
    path.write_text("mine")
    assert app.run(["new-task", str(path)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert path.read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "says"), [("mine.txt", "does not end in .py"), ("no/such/mine.py", "cannot be written")]
)
def test_a_path_that_cannot_be_is_refused(
    name: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["new-task", str(tmp_path / name)]) == 2
    assert says in capsys.readouterr().err
