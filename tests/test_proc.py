# SPDX-License-Identifier: Apache-2.0
"""Child processes: started from anywhere, bounded in time, and never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from harness import proc
from harness.deadline import Deadline
from harness.errors import ToolError


def test_a_finished_child_gives_its_exit_code_and_both_streams() -> None:
    finished = proc.run(["sh", "-c", "echo out; echo err >&2; exit 3"], timeout_seconds=60)
    assert finished.exit_code == 3
    assert sorted(finished.output.split()) == ["err", "out"]


def test_a_child_gets_the_folder_and_the_environment_that_it_was_given(tmp_path: Path) -> None:
    finished = proc.run(["/bin/sh", "-c", "pwd; echo $WHAT"], timeout_seconds=60, cwd=tmp_path, env={"WHAT": "this"})
    assert finished.output.split() == [str(tmp_path), "this"]


def test_a_missing_program_is_a_tool_error_that_names_it() -> None:
    with pytest.raises(ToolError, match="'no-such-program' is not installed"):
        proc.run(["no-such-program"], timeout_seconds=60)


def test_a_missing_folder_is_not_taken_for_a_missing_program(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="no such folder"):
        proc.run(["sh"], timeout_seconds=60, cwd=tmp_path / "absent")


def test_a_file_that_cannot_be_executed_is_a_tool_error(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("no program")
    with pytest.raises(ToolError, match="cannot be executed: Permission denied"):
        proc.run([str(text)], timeout_seconds=60)


def test_a_child_that_takes_too_long_is_a_tool_error_with_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="did not end within") as caught:
        proc.run(["sh", "-c", f"echo $$ > {tmp_path}/pid; echo begun; exec sleep 300"], timeout_seconds=2)
    assert caught.value.log == "begun\n"
    assert _is_gone(int((tmp_path / "pid").read_text()))


def test_stopping_a_child_ends_what_it_started_and_twice_is_fine(tmp_path: Path) -> None:
    child = proc.start(["sh", "-c", "sleep 300 & echo $!; wait"])
    assert child.stdout is not None
    grandchild = int(child.stdout.readline())
    proc.stop(child)
    proc.stop(child)
    assert _is_gone(child.pid)
    _wait_until_gone(grandchild)


def test_a_child_that_ignores_being_asked_is_killed() -> None:
    child = proc.start([sys.executable, "-c", _STUBBORN])
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    proc.stop(child, grace_seconds=0.05)
    assert child.returncode == -signal.SIGKILL


def test_a_child_outlives_the_thread_that_started_it() -> None:
    children: list[subprocess.Popen[bytes]] = []
    worker = threading.Thread(target=lambda: children.append(proc.start(["cat"], stdin=subprocess.PIPE)))
    worker.start()
    worker.join()
    (child,) = children
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(b"still here\n")
    child.stdin.flush()
    assert child.stdout.readline() == b"still here\n"
    proc.stop(child)


def test_an_error_reaches_the_thread_that_asked() -> None:
    caught: list[ToolError] = []

    def ask() -> None:
        try:
            proc.start(["no-such-program"])
        except ToolError as error:
            caught.append(error)

    worker = threading.Thread(target=ask)
    worker.start()
    worker.join()
    assert "not installed" in caught[0].message


@pytest.mark.parametrize("start", ["start()", "thread(start)"], ids=["main thread", "ended thread"])
def test_a_child_ends_when_its_parent_is_killed_by_signal_9(start: str) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT.replace("START", start)], stdout=subprocess.PIPE, start_new_session=True
    )
    try:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert not _is_gone(child)
        os.kill(parent.pid, signal.SIGKILL)
        _wait_until_gone(child)
    finally:
        proc.stop(parent)


def test_an_installed_program_is_found_and_another_is_not() -> None:
    found = proc.which("sh")
    assert found is not None
    assert found.is_file()
    assert proc.which("no-such-program") is None


_STUBBORN = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
signal.pause()
"""

_PARENT = """
import signal, threading
from harness import proc
def start():
    print(proc.start(["sleep", "300"]).pid, flush=True)
def thread(target):
    worker = threading.Thread(target=target)
    worker.start()
    worker.join()
START
signal.pause()
"""


def _is_gone(pid: int) -> bool:
    """Say whether a process has ended, collected by its parent or not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except FileNotFoundError:
        return True


def _wait_until_gone(pid: int) -> None:
    deadline = Deadline.after(60)
    while not _is_gone(pid):
        assert not deadline.passed, f"process {pid} was left behind"
        time.sleep(0.01)
