# SPDX-License-Identifier: Apache-2.0
"""The doctor, on machines made of stub programs."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path

import pytest

from harness import proc
from harness.cli._dependencies import Dependency, find, load_groups
from harness.cli.app import run
from tests.conftest import ROOT

DEBIAN = [item for group in load_groups() if group.source == "debian" for item in group.dependencies]
REQUIRED = [
    item.name for group in load_groups() if group.required and group.source == "debian" for item in group.dependencies
]
SYSTEM_PACKAGES = ROOT / "scripts" / "system_packages.py"


def write_program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any program; returns the one folder of its PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    return folder


@pytest.fixture
def full_machine(empty_machine: Path) -> Path:
    """A machine with every program of the table; a compiler finds every file of its library."""
    for item in DEBIAN:
        if item.program is not None:
            answer = f'case "$1" in --version) echo "{item.name} (Debian 9.9-1) 1.2.3";; *) echo "$0";; esac'
            write_program(empty_machine, item.program, answer)
    return empty_machine


def test_a_machine_with_everything_ends_with_zero(full_machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor"]) == 0
    output = capsys.readouterr().out
    assert "All that is required is here." in output
    assert "1.2.3" in output


def test_a_cache_that_cannot_be_written_is_told(
    full_machine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cache").touch()
    assert run(["doctor"]) == 2
    assert f"{tmp_path / 'cache'} cannot be written: " in capsys.readouterr().err


def test_a_machine_without_programs_ends_with_three_and_the_command(
    empty_machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["doctor"]) == 3
    output = capsys.readouterr()
    assert f"apt-get install {' '.join(REQUIRED)}" in output.err
    assert "All that is required" not in output.out


def test_what_is_optional_may_be_missing(full_machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (full_machine / "chromium").unlink()
    assert run(["doctor"]) == 0
    assert "apt-get install chromium" in capsys.readouterr().out


def test_a_program_that_does_not_run_counts_as_missing(full_machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_program(full_machine, "qemu-system-arm", "echo cannot load a library 1.0.0; exit 127")
    assert run(["doctor"]) == 3
    assert "required, and missing: qemu-system-arm" in capsys.readouterr().err


def test_a_compiler_without_its_library_counts_as_missing_that_library(
    full_machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_program(full_machine, "arm-none-eabi-gcc", 'echo "${1#-print-file-name=}"')
    assert run(["doctor"]) == 3
    assert "required, and missing: libnewlib-arm-none-eabi" in capsys.readouterr().err


def test_the_json_tells_everything_of_each_dependency(full_machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (full_machine / "qemu-system-arm").unlink()
    assert run(["doctor", "--json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert told["schema"] == 1
    assert told["ok"] is False
    by_name = {item["name"]: item for item in told["dependencies"]}
    assert set(by_name) == {item.name for group in load_groups() for item in group.dependencies}
    missing = by_name["qemu-system-arm"]
    assert (missing["required"], missing["found"], missing["version"]) == (True, False, None)
    assert missing["install"].endswith("apt-get install qemu-system-arm")
    assert by_name["gcc"]["version"] == "1.2.3"
    assert by_name["espressif32"]["found"] is False
    assert all(item["needed_for"] and item["install"] for item in told["dependencies"])


def test_the_table_names_exactly_the_packages_of_the_project_file() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {"": project["dependencies"], **project["optional-dependencies"]}
    for extra, requirements in wanted.items():
        names = {re.split(r"[<>=\[ ]", requirement)[0] for requirement in requirements}
        told = {
            item.distribution
            for group in load_groups()
            if group.source == "python" and group.extra == extra
            for item in group.dependencies
        }
        assert told == names, f"extra {extra!r}"


def test_a_distribution_that_is_not_installed_is_missing() -> None:
    assert not find(Dependency(name="x", needed_for="nothing", distribution="no-such-distribution-anywhere")).found


def test_a_platform_in_the_core_folder_is_found_with_its_version(empty_machine: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "platformio" / "platforms" / "espressif32@6.9.0"
    folder.mkdir(parents=True)
    (folder / "platform.json").write_text('{"name": "espressif32", "version": "6.9.0"}')
    damaged = folder.with_name("damaged")
    damaged.mkdir()
    (damaged / "platform.json").write_text("{")
    found = find(Dependency(name="espressif32", needed_for="esp32", platform="espressif32"))
    assert (found.found, found.version) == (True, "6.9.0")


def test_the_doctor_imports_none_of_the_packages_that_it_looks_for() -> None:
    packages = {"numpy", "tensorflow", "optuna", "pandas", "platformio", "sqlalchemy", "jinja2", "serial"}
    code = (
        "import sys; from harness.cli.app import run; run(['doctor', '--json']); "
        f"print('\\nloaded:', *sorted({packages!r} & set(sys.modules)))"
    )
    ended = proc.run([sys.executable, "-c", code], timeout_seconds=60, cwd=ROOT)
    assert ended.output.splitlines()[-1] == "loaded:"


@pytest.mark.parametrize("columns", ["60", "80", "200"])
def test_names_are_never_cut_off(
    columns: str, full_machine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    run(["doctor"])
    output = capsys.readouterr().out
    for group in load_groups():
        for item in group.dependencies:
            assert f" {item.name} " in output


def test_no_color_is_honoured(
    full_machine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    colour = re.compile(r"\x1b\[[0-9;]*3[0-7]m")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    run(["doctor"])
    assert colour.search(capsys.readouterr().out)
    monkeypatch.setenv("NO_COLOR", "1")
    run(["doctor"])
    assert not colour.search(capsys.readouterr().out)


def install(path: Path) -> proc.Finished:
    environment = {"PATH": str(path)}
    return proc.run([sys.executable, str(SYSTEM_PACKAGES)], timeout_seconds=60, env=environment)


def test_the_installation_without_apt_names_all_that_is_missing_and_goes_on(empty_machine: Path) -> None:
    ended = install(empty_machine)
    assert ended.exit_code == 0
    assert f"sudo apt-get install {' '.join(item.name for item in DEBIAN)}" in ended.output


def test_the_installation_installs_only_what_is_missing_and_asks_nothing(full_machine: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    write_program(full_machine, "apt-get", f'echo "$DEBIAN_FRONTEND: $*" >> {log}')
    write_program(full_machine, "sudo", 'shift; exec "$@"')
    for name in ("env", "true"):
        (full_machine / name).symlink_to(f"/usr/bin/{name}")
    assert install(full_machine).exit_code == 0
    assert not log.exists()
    (full_machine / "chromium").unlink()
    (full_machine / "qemu-system-riscv32").unlink()
    assert install(full_machine).exit_code == 0
    assert log.read_text().splitlines() == [
        "noninteractive: -q -y update",
        "noninteractive: -q -y install --no-install-recommends qemu-system-misc chromium",
    ]


def test_the_installation_ends_with_the_code_of_an_apt_that_fails(full_machine: Path) -> None:
    write_program(full_machine, "apt-get", "exit 100")
    write_program(full_machine, "sudo", 'shift; exec "$@"')
    for name in ("env", "true"):
        (full_machine / name).symlink_to(f"/usr/bin/{name}")
    (full_machine / "chromium").unlink()
    assert install(full_machine).exit_code == 100
