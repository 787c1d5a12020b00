# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from configparser import ConfigParser
from pathlib import Path

import pytest
from msgspec.structs import replace

from harness.boards import Board, board_ids, load_board
from harness.errors import BadBoard, BadModel, UserError
from harness.firmware import Project, open_project, render_project
from harness.settings import cache_dir
from tests.conftest import ROOT
from tests.firmware.models import tiny_model

BOARD = load_board("mps2_an386")
HOSTILE = (
    "../up.c",
    "a/b.c",
    "a b.c",
    "x.c\n[env:evil]",
    '";rm -rf ~;".c',
    "$(reboot).c",
    "${HOME}.c",
    "",
    ".c",
    "a.py",
)


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_two_folders_get_the_same_files_and_the_same_key(tmp_path: Path) -> None:
    one = render_project(tiny_model(), BOARD, tmp_path / "one", optimize="speed")
    two = render_project(tiny_model(), BOARD, tmp_path / "other" / "two", optimize="speed")
    assert one.build_key == two.build_key
    assert contents(one.folder) == contents(two.folder)


@pytest.mark.parametrize("board_id", board_ids())
def test_no_file_of_a_project_names_an_absolute_path(tmp_path: Path, board_id: str) -> None:
    project = render_project(tiny_model(), load_board(board_id), tmp_path / board_id, optimize="speed")
    for path, content in contents(project.folder).items():
        for place in (tmp_path, ROOT, Path.home(), cache_dir()):
            assert str(place).encode() + b"/" not in content, path


def test_the_key_depends_on_the_model_the_flags_the_board_and_the_compiler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def key(first: int = 1, optimize: str = "speed", board: Board = BOARD) -> str:
        return render_project(tiny_model(first=first), board, tmp_path / "p", optimize=optimize).build_key

    slower = replace(BOARD, clock_hz=1)
    keys = [key(), key(first=7), key(optimize="size"), key(board=slower)]
    monkeypatch.setattr("harness.firmware.files.toolchain_version", lambda _board: "another compiler")
    keys.append(key())
    assert len(set(keys)) == 5


def test_the_key_stands_in_the_project_as_c_and_as_json(tmp_path: Path) -> None:
    project = render_project(tiny_model(), BOARD, tmp_path / "p", optimize="speed")
    source = (project.folder / "src/harness_build_key.c").read_text()
    digits = "".join(word.strip()[2:4] for word in source.partition("= {")[2].split(",") if "0x" in word)
    assert digits == project.build_key
    assert json.loads((project.folder / "harness-project.json").read_text())["build_key"] == project.build_key


def test_rendering_again_touches_only_the_files_that_changed(tmp_path: Path) -> None:
    render_project(tiny_model(), BOARD, tmp_path / "p", optimize="speed")
    assert render_project(tiny_model(), BOARD, tmp_path / "p", optimize="speed").written == ()
    again = render_project(tiny_model(first=9), BOARD, tmp_path / "p", optimize="speed")
    assert set(again.written) == {"src/model/tiny.c", "src/harness_build_key.c"}


def test_files_of_an_earlier_model_go_and_the_users_own_stay(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    render_project(tiny_model(more={"old.c": "int old;\n"}), BOARD, folder, optimize="speed")
    (folder / "src/mine.c").write_text("int mine;\n")
    render_project(tiny_model(), BOARD, folder, optimize="speed")
    assert not (folder / "src/model/old.c").exists()
    assert (folder / "src/mine.c").exists()


def test_a_manifest_that_points_outside_removes_nothing_there(tmp_path: Path) -> None:
    folder, precious = tmp_path / "p", tmp_path / "precious"
    precious.write_text("keep me")
    render_project(tiny_model(), BOARD, folder, optimize="speed")
    manifest = folder / "harness-project.json"
    listed = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(listed | {"files": [*listed["files"], "../precious"]}))
    render_project(tiny_model(), BOARD, folder, optimize="speed")
    assert precious.read_text() == "keep me"


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("...")
    with pytest.raises(UserError, match="not empty"):
        render_project(tiny_model(), BOARD, tmp_path, optimize="speed")
    assert contents(tmp_path) == {"thesis.tex": b"..."}


def test_a_folder_that_cannot_be_written_is_a_users_mistake_and_what_to_do_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    kept = pytest.raises(UserError, match=r"file/project cannot be written: Not a directory\n.* name another")
    with kept, open_project(tiny_model(), BOARD, optimize="speed", keep=tmp_path / "file" / "project"):
        raise AssertionError("nothing was rendered")
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "file"))
    cached = pytest.raises(UserError, match=r"file cannot be written: Not a directory\n.* by HARNESS_CACHE")
    with cached, open_project(tiny_model(), BOARD, optimize="speed"):
        raise AssertionError("nothing was rendered")


def test_a_folder_whose_name_platformio_would_expand_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"\$"):
        render_project(tiny_model(), BOARD, tmp_path / "$HOME", optimize="speed")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_name_is_refused_before_anything_is_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadModel, match="name of a C file"):
        render_project(tiny_model(more={name: ""}), BOARD, tmp_path / "p", optimize="speed")
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize(
    "name", ['x"\n[env:evil]', "${sysenv.HOME}", "<script>", "*/ int x; /*", "$(reboot)", "%s {{ 7 }}"]
)
def test_a_hostile_board_name_reaches_neither_ini_nor_c(tmp_path: Path, name: str) -> None:
    board = replace(BOARD, name=name)
    project = render_project(tiny_model(), board, tmp_path / "p", optimize="speed")
    for path, content in contents(project.folder).items():
        if not path.endswith(("README.md", f"{board.id}.json")):
            assert name.encode() not in content, path
    manifest = next(project.folder.glob("platforms/*/boards/*.json"))
    assert json.loads(manifest.read_text())["name"] == name
    ini = ConfigParser(interpolation=None)
    ini.read(project.folder / "platformio.ini")
    assert ini.sections() == ["platformio", f"env:{board.id}"]


def test_an_unknown_optimise_level_names_the_valid_ones(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="speeed") as caught:
        render_project(tiny_model(), BOARD, tmp_path / "p", optimize="speeed")
    assert "speed" in caught.value.hint


def test_a_board_whose_hal_does_not_exist_is_refused(tmp_path: Path) -> None:
    firmware = replace(BOARD.firmware, hal="abacus")
    with pytest.raises(BadBoard, match="abacus"):
        render_project(tiny_model(), replace(BOARD, firmware=firmware), tmp_path / "p", optimize="speed")


def test_open_projects_at_the_same_time_get_folders_of_their_own_and_later_ones_use_them_again() -> None:
    def folders() -> tuple[Path, Path]:
        with open_project(tiny_model(), BOARD, optimize="speed") as one:
            with open_project(tiny_model(), BOARD, optimize="speed") as two:
                return one.folder, two.folder

    first = folders()
    assert first[0] != first[1]
    assert folders() == first


def test_a_project_that_is_kept_lies_where_it_was_asked_for(tmp_path: Path) -> None:
    with open_project(tiny_model(), BOARD, optimize="size", keep=tmp_path / "kept") as project:
        assert isinstance(project, Project)
    assert "-Os" in (tmp_path / "kept" / "platformio.ini").read_text().partition("build_flags")[2]
