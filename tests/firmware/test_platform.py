# SPDX-License-Identifier: Apache-2.0
"""What PlatformIO's own commands do with a project for an emulated board."""

from __future__ import annotations

import os
import pty
import select
import shutil
import signal
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from harness import proc
from harness.boards import Board, load_board
from harness.firmware import build, render_project
from harness.flashers import Flashable
from harness.pio import environment, run_pio
from tests.firmware.conftest import Built, need
from tests.firmware.models import tiny_model

QEMU = {"mps2_an386": "qemu-system-arm", "riscv32_virt": "qemu-system-riscv32", "host": "gcc"}
PATIENCE_SECONDS = 60.0
MAINS = {
    "silent": "int main(void)\n{\n  hal_init();\n  for (;;) {\n    hal_wait();\n  }\n}\n",
    "faulty": "int main(void)\n{\n  hal_init();\n  ((void (*)(void))0xF0000001u)();\n  return 0;\n}\n",
}


def emulated_children(image: Path) -> list[int]:
    """Processes that run an image, or hand it to an emulator."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if str(image).encode() in words:
                found.append(int(entry.name))
    return found


def is_raw(terminal: int) -> bool:
    """Whether the program in a terminal reads single keys, Ctrl-C among them."""
    return not termios.tcgetattr(terminal)[3] & termios.ISIG


@contextmanager
def monitor(folder: Path) -> Iterator[tuple[int, int]]:
    """Run ``pio device monitor`` in a terminal of its own; yields its process id and the terminal."""
    process_id, terminal = pty.fork()
    if process_id == 0:
        command = [sys.executable, "-m", "platformio", "device", "monitor", "--project-dir", str(folder)]
        os.execve(sys.executable, command, dict(environment()))
    try:
        yield process_id, terminal
    finally:
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(process_id, signal.SIGKILL)
            os.waitpid(process_id, 0)
        os.close(terminal)


def read_until(terminal: int, wanted: bytes) -> bytes:
    received = b""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while wanted not in received:
        assert time.monotonic() < deadline, received
        ready, _, _ = select.select([terminal], [], [], 1.0)
        received += os.read(terminal, 4096) if ready else b""
    return received


def wait_until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def set_patience(folder: Path, seconds: int) -> None:
    """Change how long a project's own platform waits for a sign of life."""
    emulator = folder / "platforms/harness_emulated/emulator.py"
    text = emulator.read_text()
    assert "_PATIENCE_SECONDS = 10.0" in text
    emulator.write_text(text.replace("_PATIENCE_SECONDS = 10.0", f"_PATIENCE_SECONDS = {seconds}.0"))


@pytest.mark.parametrize("board_id", sorted(QEMU))
def test_upload_starts_the_image_once_and_leaves_nothing_running(built: Callable[[str], Built], board_id: str) -> None:
    need(QEMU[board_id])
    project, image = built(board_id)
    finished = run_pio(project.folder, ["--target", "upload"], timeout_seconds=120)
    assert finished.exit_code == 0, finished.output
    assert "firmware.elf runs; its first" in finished.output
    assert not emulated_children(image.elf.relative_to(project.folder))


@pytest.mark.parametrize(("main", "reason"), [("faulty", "reports a fault"), ("silent", "sent nothing within 2 s")])
def test_upload_of_an_image_that_does_not_work_is_an_error(tmp_path: Path, main: str, reason: str) -> None:
    need("arm-none-eabi-gcc")
    need("qemu-system-arm")
    board = load_board("mps2_an386")
    project = render_project(tiny_model(), board, tmp_path / "p", optimize="speed")
    (project.folder / "src/main.c").write_text('#include "harness_hal.h"\n\n' + MAINS[main])
    set_patience(project.folder, 2)
    finished = run_pio(project.folder, ["--target", "upload"], timeout_seconds=120)
    assert finished.exit_code != 0
    assert reason in finished.output


def test_an_upload_that_is_killed_leaves_no_emulator(tmp_path: Path) -> None:
    need("gcc")
    board = load_board("host")
    project = render_project(tiny_model(), board, tmp_path / "p", optimize="speed")
    (project.folder / "src/main.c").write_text('#include "harness_hal.h"\n\n' + MAINS["silent"])
    set_patience(project.folder, 600)
    image = build(project, board).elf
    command = [sys.executable, "-m", "platformio", "run", "--project-dir", str(project.folder), "--target", "upload"]
    child = proc.start([*command, "--disable-auto-clean"], env=environment(), cwd=project.folder)
    try:
        assert wait_until(lambda: bool(emulated_children(image)))
        child.kill()  # this one process, not its group
        assert wait_until(lambda: not emulated_children(image))
    finally:
        proc.stop(child)


def test_upload_says_that_the_emulator_is_missing(
    built: Callable[[str], Built], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, _ = built("mps2_an386")
    for program in ("arm-none-eabi-gcc", "sh"):
        path = shutil.which(program)
        assert path is not None
        (tmp_path / program).symlink_to(path)
    monkeypatch.setenv("PATH", str(tmp_path))
    finished = run_pio(project.folder, ["--target", "upload"], timeout_seconds=120)
    assert finished.exit_code != 0
    assert "cannot start qemu-system-arm" in finished.output


def test_the_monitor_shows_what_the_image_sends_and_ends_it_with_itself(built: Callable[[str], Built]) -> None:
    need("qemu-system-arm")
    project, image = built("mps2_an386")
    with monitor(project.folder) as (process_id, terminal):
        read_until(terminal, b"Terminal on emulator://mps2_an386")
        assert wait_until(lambda: len(emulated_children(image.elf)) == 1)
        assert wait_until(
            lambda: is_raw(terminal)
        )  # until then Ctrl-C is a signal to PlatformIO, not a key of its monitor
        os.write(terminal, b"\x03")
        assert os.waitpid(process_id, 0)[1] == 0
    assert wait_until(lambda: not emulated_children(image.elf))


@pytest.mark.parametrize("board_id", ["mps2_an386", "host"])
def test_a_monitor_that_is_killed_leaves_no_emulator(built: Callable[[str], Built], board_id: str) -> None:
    need(QEMU[board_id])
    project, image = built(board_id)
    with monitor(project.folder) as (process_id, terminal):
        read_until(terminal, b"Terminal on emulator://")
        assert wait_until(lambda: len(emulated_children(image.elf)) == 1)
        os.kill(process_id, signal.SIGKILL)
        os.waitpid(process_id, 0)
    assert wait_until(lambda: not emulated_children(image.elf))


def test_what_is_typed_into_the_monitor_reaches_the_image(tmp_path: Path) -> None:
    need("gcc")
    board: Board = load_board("host")
    project = render_project(tiny_model(), board, tmp_path / "p", optimize="speed")
    (project.folder / "src/main.c").write_text(
        '#include "harness_hal.h"\n\n'
        "int main(void)\n{\n  uint8_t byte;\n\n  hal_init();\n  for (;;) {\n"
        "    if (hal_read(&byte, 1) == 1) {\n      byte = (uint8_t)(byte + 1);\n      hal_write(&byte, 1);\n    }\n"
        "    hal_wait();\n  }\n}\n"
    )
    build(project, board)
    with monitor(project.folder) as (_, terminal):
        read_until(terminal, b"Quit:")
        os.write(terminal, b"HAL")
        read_until(terminal, b"IBM")


def test_a_rendered_project_is_what_flashers_take(built: Callable[[str], Built]) -> None:
    project: Flashable = built("host")[0]
    assert project.board_id == "host"
