# SPDX-License-Identifier: Apache-2.0
"""Settings of a search: which place goes before which, and what a file may not say."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from harness.api._settings import SETTINGS, RunSettings, as_toml, resolve
from harness.cli import app
from harness.errors import UserError
from tests.conftest import ROOT

HERE = """
# settings of this folder
[run]
task = "tasks/mine.py"
trials = 40
board = "mps2_an385"
objective = ["accuracy", "ram"]
"""
BESIDE = """[run]
trials = 7
seed = 3
limit = ["accuracy>=0.9"]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tasks").mkdir()
    (tmp_path / "harness.toml").write_text(HERE)
    (tmp_path / "tasks" / "task.toml").write_text(BESIDE)
    return tmp_path


def test_the_command_line_goes_before_the_folder_and_the_folder_before_the_task(folder: Path) -> None:
    found = resolve({"objective": ["flash"], "seed": None, "compress": []}, config=None)
    assert found.settings == RunSettings(
        task="tasks/mine.py",
        trials=40,
        board=("mps2_an385",),
        objective=("flash",),
        seed=3,
        limit=("accuracy>=0.9",),
    )
    assert {name: found.sources[name] for name in ("objective", "trials", "seed", "limit", "compress", "board")} == {
        "objective": "command line",
        "trials": "harness.toml:5",
        "seed": "tasks/task.toml:3",
        "limit": "tasks/task.toml:4",
        "compress": "default",
        "board": "harness.toml:6",
    }


def test_another_file_is_read_in_its_place_and_paths_in_it_are_relative_to_it(folder: Path) -> None:
    (folder / "other").mkdir()
    (folder / "other" / "ci.toml").write_text('[run]\ntask = "../tasks/mine.py"\nplan = "p.toml"\nresults = "r"\n')
    found = resolve({}, config=folder / "other" / "ci.toml").settings
    assert Path(found.task).resolve() == folder / "tasks" / "mine.py"
    assert (found.plan, found.results) == (str(folder / "other" / "p.toml"), str(folder / "other" / "r"))
    assert (found.trials, found.board) == (7, ("mps2_an386",))


def test_a_program_does_not_read_what_happens_to_lie_in_its_folder(folder: Path) -> None:
    assert resolve({}, config=None, find=False).settings == RunSettings()


def test_the_name_of_a_task_of_the_package_is_no_path(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('[run]\ntask = "digits"\n')
    assert resolve({}, config=tmp_path / "c.toml").settings.task == "digits"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[run]\n\ntrails = 3\n", "harness.toml: line 3: unknown key 'run.trails'\nDid you mean 'trials'?"),
        ("trials = 3\n", "harness.toml: line 1: unknown key 'trials'\nSettings stand under [run]."),
        ("[bench]\nx = 1\n", "harness.toml: line 1: unknown key 'bench'\nThe only table is [run]."),
        ('[run]\nseed = 1\ntrials = "many"\n', "harness.toml: line 3: run.trials: Expected `int"),
        ("[run]\ntrials = 0\n", "line 2: run.trials: Expected `int` >= 1"),
        ("[run]\nestimate = 1\n", "line 2: run.estimate: Expected `bool`"),
        ('[run]\nlimit = [\n  "ram<=1",\n  3,\n]\n', "line 2: run.limit[1]: Expected `str`"),
        ("[run]\ntrials = \n", "harness.toml is not valid TOML"),
        ("run = 3\n", "run must be a table"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line_and_what_is_right(
    text: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "harness.toml").write_text(text)
    with pytest.raises(UserError) as caught:
        resolve({}, config=None)
    assert says in str(caught.value)
    assert app.run(["run"]) == 2
    assert "harness.toml" in capsys.readouterr().err


@pytest.mark.parametrize("line", ['task = "other.py"', 'results = "r"', 'study = "s"', "trust = true"])
def test_what_is_no_matter_of_a_task_is_refused_beside_it(line: str, folder: Path) -> None:
    (folder / "tasks" / "task.toml").write_text(f"[run]\n{line}\n")
    with pytest.raises(UserError, match=r"task\.toml: line 2: .* cannot be set beside a task"):
        resolve({}, config=None)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(UserError, match=r"the configuration 'none\.toml' cannot be read"):
        resolve({}, config=Path("none.toml"))


def test_what_holds_is_shown_as_a_file_that_says_the_same(folder: Path) -> None:
    found = resolve({"seed": 9}, config=None)
    text = as_toml(found)
    assert "seed = 9  # command line" in text
    assert "# timeout is not set" in text
    assert all(name in text for name in SETTINGS)
    told = tomllib.loads(text)["run"]
    assert resolve(told, config=None, find=False).settings == found.settings


def test_the_command_shows_what_holds_with_what_the_task_declares(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert app.run(["new-task", "mine.py"]) == 0
    text = (tmp_path / "mine.py").read_text()
    declared = 'TASK = Task(\n    objectives=("accuracy", "ram"),\n    limits=("ram<=8KiB",),'
    (tmp_path / "mine.py").write_text(text.replace("TASK = Task(", declared))
    (tmp_path / "harness.toml").write_text('[run]\ntask = "mine.py"\nlimit = "ram<=4KiB"\n')
    capsys.readouterr()
    assert app.run(["run", "--show-config", "--trials", "3"]) == 0
    shown = capsys.readouterr().out
    assert 'objective = ["accuracy", "ram"]  # the task' in shown
    assert 'limit = ["ram<=4KiB"]  # harness.toml:3' in shown
    assert "trials = 3  # command line" in shown
    assert "study is not set" in shown


def test_the_page_of_settings_names_every_one() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert [name for name in SETTINGS if f"`{name}`" not in page] == []
