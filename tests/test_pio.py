# SPDX-License-Identifier: Apache-2.0
"""A PlatformIO that was started ahead does the work of one that was not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from harness import pio, proc
from harness.boards import load_board
from harness.errors import UserError
from harness.firmware import Project, render_project
from tests.firmware.models import tiny_model

SECONDS = 120


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return render_project(tiny_model(), load_board("host"), tmp_path / "p", optimize="speed")


@pytest.fixture(autouse=True)
def _nothing_primed() -> Iterator[None]:
    yield
    if pio._primed.child is not None:
        proc.stop(pio._primed.child)
        pio._primed.child = None


def test_a_cache_that_cannot_be_made_is_a_users_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cache").touch()
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    with pytest.raises(UserError, match="cache cannot be written: Not a directory"):
        pio.core_dir()


def primed() -> proc.Child:
    pio.prime_pio()
    child = pio._primed.child
    assert child is not None
    return child


def test_the_next_build_is_done_by_the_one_that_waits_and_only_that(project: Project) -> None:
    child = primed()
    assert primed() is child, "one is enough"
    building = pio.start_pio(project.folder, [])
    assert building is child
    assert proc.finish(building, timeout_seconds=SECONDS).exit_code == 0
    assert (project.folder / ".pio/build/host/firmware.elf").is_file()
    again = pio.start_pio(project.folder, [])
    assert again is not child
    assert "up to date" in proc.finish(again, timeout_seconds=SECONDS).output


def test_scons_too_has_started_ahead(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    script = pio.core_dir() / "packages/tool-scons/scons.py"
    script.write_text("raise SystemExit('one more interpreter was started')\n")
    primed()
    ahead = pio.run_pio(project.folder, [], timeout_seconds=SECONDS)
    fresh = pio.run_pio(project.folder, [], timeout_seconds=SECONDS)
    assert ahead.exit_code == 0, ahead.output
    assert "one more interpreter" in fresh.output


def test_a_scons_that_is_killed_fails_the_build(project: Project) -> None:
    child = primed()
    children = Path(f"/proc/{child.pid}/task/{child.pid}/children")
    deadline = time.monotonic() + SECONDS
    while not (pids := children.read_text().split()):
        assert time.monotonic() < deadline, "no SCons waits"
        time.sleep(0.02)
    os.kill(int(pids[0]), signal.SIGKILL)
    finished = pio.run_pio(project.folder, [], timeout_seconds=SECONDS)
    assert finished.exit_code != 0
    assert not (project.folder / ".pio/build/host/firmware.elf").exists()


def test_what_fails_fails_alike(project: Project) -> None:
    (project.folder / "src/main.c").write_text("int main(void) { return nothing; }\n")
    primed()
    ahead = pio.run_pio(project.folder, [], timeout_seconds=SECONDS)
    fresh = pio.run_pio(project.folder, [], timeout_seconds=SECONDS)
    assert ahead.exit_code == fresh.exit_code != 0
    assert "nothing" in ahead.output
    assert "nothing" in fresh.output


def test_one_that_died_or_was_started_for_other_variables_is_replaced(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = primed()
    proc.stop(dead)
    assert pio.run_pio(project.folder, [], timeout_seconds=SECONDS).exit_code == 0
    stale = primed()
    monkeypatch.setenv("HARNESS_ANYTHING", "new")
    other = primed()
    assert other is not stale
    assert stale.returncode is not None
    monkeypatch.setenv("HARNESS_ANYTHING", "else")
    assert pio.run_pio(project.folder, [], timeout_seconds=SECONDS).exit_code == 0
    assert other.returncode is not None


def test_one_that_is_never_used_ends_with_its_process() -> None:
    script = "from harness import pio; pio.prime_pio(); print(pio._primed.child.pid)"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=SECONDS)
    status = Path(f"/proc/{said.stdout.strip()}/status")
    deadline = time.monotonic() + SECONDS
    with suppress(FileNotFoundError):
        while "zombie" not in status.read_text():
            assert time.monotonic() < deadline, "it outlives the process that started it"
            time.sleep(0.02)
