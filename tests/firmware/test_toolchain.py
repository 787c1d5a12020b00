# SPDX-License-Identifier: Apache-2.0
"""Compilers that a board's file chooses: a package of PlatformIO's in place of the operating system's compiler."""

from __future__ import annotations

import json
import shutil
from configparser import ConfigParser
from pathlib import Path

import pytest
from msgspec.structs import replace

from harness.boards import Board, load_board
from harness.emulation import ways
from harness.errors import ToolError
from harness.firmware import build, render_project
from harness.firmware.toolchain import toolchain_version
from harness.pipeline import BenchRequest, bench_model
from harness.settings import data_dir
from harness.store import open_store
from tests.conftest import ROOT
from tests.firmware.conftest import need
from tests.firmware.models import tiny_model

BOARD = load_board("mps2_an386")
PREFIX = "arm-none-eabi-"
WRAPPER = """\
#!/bin/sh
echo "$*" >> {calls}
[ "$1" = --version ] && echo "arm-none-eabi-gcc (a vendor's) 12.9"
exec {program} "$@"
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package as PlatformIO has them: compilers in ``bin`` that write down their calls and call the real ones."""
    need(f"{PREFIX}gcc")
    folder = tmp_path / "vendors"
    (folder / "bin").mkdir(parents=True)
    (folder / "package.json").write_text(json.dumps({"name": "toolchain-vendors", "version": "1.120900.0"}))
    for name in ("gcc", "g++", "gcc-ar", "gcc-ranlib", "objcopy"):
        wrapper = folder / "bin" / f"{PREFIX}{name}"
        wrapper.write_text(WRAPPER.format(calls=tmp_path / f"{name}.calls", program=shutil.which(f"{PREFIX}{name}")))
        wrapper.chmod(0o755)
    return folder


def with_toolchain(board: Board, toolchain: str) -> Board:
    return replace(board, platformio=replace(board.platformio, toolchain=toolchain))


def test_a_package_in_a_folder_compiles_links_and_is_told_by_the_measurement(package: Path, tmp_path: Path) -> None:
    need("qemu-system-arm")
    own = tmp_path / "own.toml"
    facts = (data_dir("boards") / "mps2_an386.toml").read_text(encoding="utf-8")
    chosen = f'platform = "local"\ntoolchain = "toolchain-vendors@symlink://{package}"'
    own.write_text(facts.replace('platform = "local"', chosen), encoding="utf-8")
    request = BenchRequest(model=ROOT / "examples" / "digits.tflite", name="digits", board=str(own))
    measured = bench_model(request, lambda: open_store(tmp_path / "results")).outcome.measurement
    assert measured is not None
    told = dict(measured.environment)["toolchain"]
    assert told == "arm-none-eabi-gcc (a vendor's) 12.9, toolchain-vendors@1.120900.0"
    calls = (tmp_path / "gcc.calls").read_text()
    assert "src/model/digits" in calls
    assert "firmware.elf" in calls


def test_another_compiler_is_another_build_in_the_same_folder(package: Path, tmp_path: Path) -> None:
    board = with_toolchain(BOARD, f"toolchain-vendors@symlink://{package}")
    calls, keys = tmp_path / "gcc.calls", set()
    for chosen in (BOARD, board, BOARD):
        calls.unlink(missing_ok=True)
        project = render_project(tiny_model(), chosen, tmp_path / "p", optimize="speed")
        assert build(project, chosen).build_key == project.build_key
        assert ("src/model/tiny.c" in calls.read_text() if calls.exists() else False) == (chosen is board)
        keys.add(project.build_key)
    assert len(keys) == 2


def test_a_package_of_the_registry_is_platformios_to_fetch(tmp_path: Path) -> None:
    asked = "platformio/toolchain-gccarmnoneeabi@1.120301.0"
    board = with_toolchain(BOARD, asked)
    project = render_project(tiny_model(), board, tmp_path / "p", optimize="speed")
    ini = ConfigParser(interpolation=None)
    ini.read(project.folder / "platformio.ini")
    assert ini["env:mps2_an386"]["platform_packages"] == asked
    assert toolchain_version(board) == asked
    assert project.build_key != render_project(tiny_model(), BOARD, tmp_path / "p", optimize="speed").build_key


def test_a_stand_in_is_built_by_the_boards_compiler() -> None:
    board = with_toolchain(load_board("nrf52840_dk"), "toolchain-vendors@1.2.3")
    assert [way.machine.platformio.toolchain for way in ways(board)] == ["toolchain-vendors@1.2.3"] * 2


@pytest.mark.parametrize(
    ("name", "manifest", "program", "said"),
    [
        ("toolchain-vendors", None, None, "is not a package of PlatformIO's: FileNotFoundError"),
        ("toolchain-vendors", '{"name": "toolchain-vendors"}', None, "is not a package of PlatformIO's: KeyError"),
        ("toolchain-other", None, PREFIX, "holds the package 'toolchain-vendors', and board mps2_an386 asks for"),
        ("toolchain-vendors", '{"name": "toolchain-vendors", "version": "1.0.0"}', None, "gcc is not a program"),
    ],
)
def test_a_folder_that_is_no_such_package_is_refused_with_the_reason(
    package: Path, tmp_path: Path, name: str, manifest: str | None, program: str | None, said: str
) -> None:
    folder = package if program else tmp_path / "empty"
    folder.mkdir(exist_ok=True)
    if manifest is not None:
        (folder / "package.json").write_text(manifest)
    with pytest.raises(ToolError, match=said):
        render_project(
            tiny_model(), with_toolchain(BOARD, f"{name}@symlink://{folder}"), tmp_path / "p", optimize="speed"
        )
