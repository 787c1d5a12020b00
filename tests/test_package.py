# SPDX-License-Identifier: Apache-2.0
"""The wheel: built without a network, complete, and usable without the checkout."""

from __future__ import annotations

import json
import os
import shutil
import sys
import sysconfig
import zipfile
from configparser import ConfigParser
from pathlib import Path

import pytest

from harness import proc
from harness.firmware.toolchain import SOURCE_FLAGS, build_flags
from tests.conftest import ROOT

_BUILD_SECONDS = 300.0


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout's sources, so that building writes nothing into the checkout."""
    source = tmp_path_factory.mktemp("source")
    for folder in ("harness", "boards", "firmware_templates"):
        shutil.copytree(ROOT / folder, source / folder, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    for file in ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, source / file)
    return source


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--no-index", "--no-deps", "--no-build-isolation", "-w", str(target)]
    built = proc.run([*pip, str(source)], timeout_seconds=_BUILD_SECONDS)
    assert built.exit_code == 0, built.output
    (path,) = target.glob("mcu_harness-*.whl")
    return path


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def files_below(folder: Path) -> set[str]:
    ignored = {"__pycache__", ".pio"}
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {str(path) for path in found if not ignored & set(path.parts) and path.suffix != ".pyc"}


@pytest.mark.parametrize("folder", ["boards", "firmware_templates"])
def test_the_wheel_carries_every_file_of_a_data_folder(folder: str, source: Path, unpacked: Path) -> None:
    expected = files_below(source / folder)
    assert len(expected) > 5
    assert files_below(unpacked / "harness" / "data" / folder) == expected


def test_the_wheel_carries_every_file_of_the_package(source: Path, unpacked: Path) -> None:
    carried = {name for name in files_below(unpacked / "harness") if not name.startswith("data/")}
    assert carried == files_below(source / "harness")


def test_the_wheel_carries_the_source_of_the_counter(unpacked: Path) -> None:
    sources = [path for path in (unpacked / "harness" / "emulation").rglob("*.c") if "qemu" in path.read_text()]
    assert sources


def test_the_wheel_carries_the_licence_and_the_command(unpacked: Path) -> None:
    (info,) = unpacked.glob("*.dist-info")
    assert "Apache License" in next(info.rglob("LICENSE")).read_text()
    assert "harness = harness.cli.app:main" in (info / "entry_points.txt").read_text()


def test_nothing_but_the_package_is_in_the_wheel(unpacked: Path) -> None:
    assert {path.name for path in unpacked.iterdir() if path.suffix != ".dist-info"} == {"harness"}


def test_the_unpacked_wheel_finds_its_boards_and_templates(source: Path, unpacked: Path, tmp_path: Path) -> None:
    # -P keeps the current folder out; the wheel's folder comes before the checkout's.
    code = (
        f"import sys; sys.path.insert(0, {str(unpacked)!r})\n"
        "from harness.settings import data_dir\n"
        "from harness.boards import board_ids, load_board\n"
        "print(data_dir('boards'), data_dir('firmware_templates'), *map(load_board, board_ids()), sep='\\n')"
    )
    ended = proc.run([sys.executable, "-P", "-c", code], timeout_seconds=60, cwd=tmp_path)
    assert ended.exit_code == 0, ended.output
    boards, templates = ended.output.splitlines()[:2]
    assert Path(boards) == unpacked / "harness" / "data" / "boards"
    assert Path(templates) == unpacked / "harness" / "data" / "firmware_templates"
    assert len(ended.output.splitlines()) == 2 + len(list((source / "boards").glob("*.toml")))


def test_the_contributors_project_file_builds_as_a_rendered_one_does() -> None:
    project = ConfigParser()
    project.read_string((ROOT / "platformio.ini").read_text(encoding="utf-8"))
    environment = project["env:firmware"]
    assert environment["build_flags"] == " ".join(build_flags("speed"))
    assert environment["build_src_flags"] == " ".join(SOURCE_FLAGS)


# What the extras bring: none of it may be needed to bench a model.
_BLOCKED = ("tensorflow", "keras", "tf_keras", "tensorflow_model_optimization", "sklearn", "optuna", "pandas", "plotly")
_BLOCK = f"""\
import sys
import sysconfig


class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {_BLOCKED!r}:
            raise ModuleNotFoundError(f"{{name}} is not installed here", name=name)


sys.meta_path.insert(0, Blocked())
"""


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that has the wheel, this environment's packages behind it, and no extras."""
    folder = tmp_path_factory.mktemp("installed")
    made = proc.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], timeout_seconds=60)
    assert made.exit_code == 0, made.output
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "behind.pth").write_text(sysconfig.get_path("purelib") + "\n")  # whose own .pth files then do not count
    (site / "sitecustomize.py").write_text(_BLOCK)
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install", "-qq"]
    done = proc.run([*pip, "--no-index", "--no-deps", "--ignore-installed", str(wheel)], timeout_seconds=_BUILD_SECONDS)
    assert done.exit_code == 0, done.output
    return folder / "bin" / "python"


def test_the_installed_wheel_benches_a_model_without_extras_and_its_plugin_is_found(
    installed: Path, tmp_path: Path
) -> None:
    shutil.copy(ROOT / "examples" / "digits.tflite", tmp_path / "digits.tflite")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "HARNESS_", "PYTEST"))},
        "HARNESS_RESULTS": str(tmp_path / "results"),
        "HARNESS_CACHE": str(tmp_path / "cache"),
    }
    command = [str(installed.parent / "harness"), "bench", "digits.tflite", "--board", "mps2_an386", "--json"]
    ended = proc.run(command, timeout_seconds=300, cwd=tmp_path, env=environment)
    assert ended.exit_code == 0, ended.output
    [result] = json.loads(ended.output)["results"]
    assert result["verified"]
    assert result["instructions"] > 0
    (tmp_path / "test_limits.py").write_text(
        "import sys, harness, pytest\n\n\n"
        "def test_ram(harness_bench):\n"
        f"    assert harness.__file__.startswith({str(installed.parents[1])!r})\n"
        "    assert harness_bench('digits.tflite', board='mps2_an386').cached\n"
        "    with pytest.raises(ModuleNotFoundError, match='not installed here'):\n"
        "        import tensorflow\n"
    )
    tested = proc.run([str(installed), "-m", "pytest", "-q"], timeout_seconds=300, cwd=tmp_path, env=environment)
    assert tested.exit_code == 0, tested.output
    assert "digits.tflite on mps2_an386: " in tested.output
