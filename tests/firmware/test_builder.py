# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
import re
import shutil
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from msgspec.structs import replace

from harness import pio, proc
from harness.boards import Board, load_board
from harness.deadline import Deadline
from harness.errors import BuildError, DoesNotFit, ToolError
from harness.firmware import BuiltImage, Project, build, render_project
from harness.firmware.builder import _why, begin_build
from harness.pio import core_dir, environment, run_pio
from tests.firmware.conftest import LOCAL_BOARDS, Built, need
from tests.firmware.models import tiny_model

BOARD = load_board("mps2_an386")


@pytest.fixture
def arm() -> None:
    need("arm-none-eabi-gcc")


def compiled(log: str) -> set[str]:
    """The objects that a build compiled, without their folder."""
    return set(re.findall(r"^Compiling \S*/src/(\S+)\.o$", log, re.MULTILINE))


def with_memory(board: Board, kind: str, size_bytes: int) -> Board:
    memories = tuple(replace(m, size_bytes=size_bytes) if m.kind == kind else m for m in board.memories)
    return replace(board, memories=memories)


@pytest.mark.parametrize("board_id", LOCAL_BOARDS)
def test_two_folders_give_the_same_image(
    built: Callable[[str], Built], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, board_id: str
) -> None:
    project, image = built(board_id)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))  # nothing is taken over from the first build
    board = load_board(board_id)
    other = render_project(tiny_model(), board, tmp_path / "it's another; \"folder\" = a'", optimize="speed")
    again = build(other, board)
    assert "harness_link" in compiled(again.log)
    assert again.build_key == image.build_key == project.build_key
    assert again.elf.read_bytes() == image.elf.read_bytes()


def test_a_project_that_was_moved_builds_by_platformio_alone(built: Callable[[str], Built], tmp_path: Path) -> None:
    project, image = built("mps2_an386")
    shutil.copytree(project.folder, tmp_path / "copy")
    moved = (tmp_path / "copy").rename(tmp_path / "moved")
    for before in ("with what was built", "from nothing"):
        assert run_pio(moved, [], timeout_seconds=120).exit_code == 0, before
        elf = moved / ".pio/build/mps2_an386/firmware.elf"
        assert elf.read_bytes() == image.elf.read_bytes(), before
        shutil.rmtree(moved / ".pio")


def test_a_changed_model_compiles_the_model_and_the_key_and_nothing_else(arm: None, tmp_path: Path) -> None:
    logs = [
        build(render_project(tiny_model(first=first), BOARD, tmp_path / "p", optimize="speed"), BOARD).log
        for first in (20, 21, 21)
    ]
    assert compiled(logs[1]) == {"model/tiny", "harness_build_key"}
    assert compiled(logs[2]) == set()
    assert "Linking" not in logs[2]


def test_a_build_that_was_stopped_leaves_no_object_for_the_next(
    arm: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))

    def rendered(first: int) -> Project:
        return render_project(tiny_model(first=first), BOARD, tmp_path / "p", optimize="speed")

    whole = build(rendered(20), BOARD)
    image = whole.elf.read_bytes()
    objects = [whole.elf.parent / "src" / name for name in ("model/tiny.o", "harness_build_key.o")]
    before = [path.read_bytes() for path in objects]
    with begin_build(rendered(21), BOARD):
        deadline = Deadline.after(30)
        while any(path.is_file() and path.read_bytes() == old for path, old in zip(objects, before, strict=True)):
            assert not deadline.passed, "the build replaced no object"
            time.sleep(0.001)
    assert build(rendered(20), BOARD).elf.read_bytes() == image


def test_another_project_takes_over_the_objects_that_are_no_part_of_the_model(arm: None, tmp_path: Path) -> None:
    for name in ("one", "two"):
        image = build(render_project(tiny_model(), BOARD, tmp_path / name, optimize="speed"), BOARD)
    assert compiled(image.log) == {"model/tiny", "model/tiny_binding", "harness_build_key"}


def test_projects_can_be_built_at_the_same_time(arm: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))

    def build_one(number: int) -> BuiltImage:
        project = render_project(tiny_model(first=number), BOARD, tmp_path / str(number), optimize="speed")
        return build(project, BOARD)

    with ThreadPoolExecutor(3) as pool:
        images = list(pool.map(build_one, range(3)))
    assert len({image.elf.read_bytes() for image in images}) == 3


def test_what_was_built_says_how(built: Callable[[str], Built]) -> None:
    _, image = built("mps2_an386")
    assert "arm-none-eabi-gcc" in image.toolchain
    assert {"-mcpu=cortex-m4", "-O2", "-std=c99", "-ffp-contract=off", "-Werror"} <= set(image.flags.split())
    assert image.seconds > 0
    assert "SUCCESS" in image.log


@pytest.mark.parametrize("kind", ["flash", "ram"])
def test_a_memory_that_is_too_small_is_told_to_the_byte(arm: None, tmp_path: Path, kind: str) -> None:
    def try_with(size_bytes: int) -> BuiltImage:
        board = with_memory(BOARD, kind, size_bytes)
        return build(render_project(tiny_model(), board, tmp_path / "p", optimize="speed"), board)

    small = 6000  # as a number in the code it takes as much room as the sizes below; a power of two takes less
    with pytest.raises(DoesNotFit, match=kind) as caught:
        try_with(small)
    assert "overflowed" in caught.value.log
    enough = small + caught.value.missing_bytes
    with pytest.raises(DoesNotFit):
        try_with(enough - 8)
    assert try_with(enough).elf.is_file()


def test_code_that_does_not_compile_names_the_line_and_keeps_the_log(arm: None, tmp_path: Path) -> None:
    model = tiny_model(more={"broken.c": "int f(void);\nint f(void)\n{\n  return missing;\n}\n"})
    with pytest.raises(BuildError, match=r"src/model/broken\.c:4:10: 'missing' undeclared") as caught:
        build(render_project(model, BOARD, tmp_path / "p", optimize="speed"), BOARD)
    assert "broken.c" in caught.value.log


def test_a_warning_in_generated_code_is_an_error(arm: None, tmp_path: Path) -> None:
    model = tiny_model(more={"sloppy.c": "int f(void);\nint f(void)\n{\n  int unused;\n  return 1;\n}\n"})
    with pytest.raises(BuildError, match=r"sloppy\.c:4:7: unused variable"):
        build(render_project(model, BOARD, tmp_path / "p", optimize="speed"), BOARD)


def test_a_function_that_is_missing_at_link_time_is_named(arm: None, tmp_path: Path) -> None:
    model = tiny_model(glue="void nowhere(void);\nvoid (*const volatile keep)(void) = nowhere;\nvoid use(void);\n")
    binding = model.files["tiny_binding.c"].replace("tiny_reset, 1, 1, 1", "nowhere, 1, 1, 1")
    broken = tiny_model(more={"tiny_binding.c": binding})
    with pytest.raises(BuildError, match="undefined reference to `nowhere'"):
        build(render_project(broken, BOARD, tmp_path / "p", optimize="speed"), BOARD)


def test_the_missing_function_is_told_and_not_only_where_it_is_called() -> None:
    log = "/usr/bin/ld: conv.o: in function `Prepare':\nconv.cc:(.text+0x4): undefined reference to `tell_size'\n"
    assert "undefined reference to `tell_size'" in _why(log, BOARD).message


def test_what_stopped_the_compiler_without_a_line_of_a_source_is_told() -> None:
    stopped = "/tmp/cc.s: Fatal error: can't close hal.o: No space left on device"
    log = f"Compiling hal.o\n{stopped}\n*** [hal.o] Error 1\n=== [FAILED] Took 0.25 seconds ===\n"
    assert _why(log, BOARD).message.endswith(stopped)


def test_a_package_that_platformio_cannot_download_is_no_fault_of_the_firmware(
    arm: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails = "print('Tool Manager: Installing platformio/tool-x\\nHTTPClientError: '); raise SystemExit(1)"
    monkeypatch.setattr("harness.firmware.builder.start_pio", lambda *_args: proc.start([sys.executable, "-c", fails]))
    with pytest.raises(ToolError, match="download") as caught:
        build(render_project(tiny_model(), BOARD, tmp_path / "p", optimize="speed"), BOARD)
    assert not isinstance(caught.value, BuildError)


def test_a_compiler_that_is_missing_comes_with_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proc, "which", lambda _program: None)
    with pytest.raises(ToolError) as caught:
        render_project(tiny_model(), BOARD, tmp_path / "p", optimize="speed")
    assert "gcc-arm-none-eabi" in caught.value.hint


def test_a_real_boards_platform_that_is_missing_comes_with_the_command_that_installs_it(tmp_path: Path) -> None:
    board = load_board("esp32_arduino")
    project = render_project(tiny_model(), board, tmp_path / "p", optimize="speed")
    with pytest.raises(ToolError, match="espressif32") as caught:
        build(project, board)
    assert f"pio pkg install -d {project.folder}" in caught.value.hint


def test_a_platform_that_was_downloaded_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))
    folder = core_dir() / "platforms" / "espressif32"
    folder.mkdir(parents=True)
    (folder / "platform.json").write_text(json.dumps({"name": "espressif32"}))
    assert pio.has_platform("espressif32")
    assert not pio.has_platform("ststm32")


def test_variables_that_would_change_a_build_do_not_reach_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLATFORMIO_BUILD_FLAGS", "-DEVIL")
    monkeypatch.setenv("CPATH", "/evil")
    assert not {"PLATFORMIO_BUILD_FLAGS", "CPATH"} & set(environment())
    assert environment()["PATH"] == os.environ["PATH"]


def test_the_project_is_as_it_was_rendered_after_a_build(built: Callable[[str], Built]) -> None:
    project, _ = built("mps2_an386")
    assert isinstance(project, Project)
    listed = set(json.loads((project.folder / "harness-project.json").read_text())["files"])
    there = {p.relative_to(project.folder).as_posix() for p in project.folder.rglob("*") if p.is_file()}
    extra = {path for path in there - listed if not path.startswith(".pio/") and "__pycache__" not in path}
    assert extra == {"harness-project.json"}
    assert listed <= there
