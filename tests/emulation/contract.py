# SPDX-License-Identifier: Apache-2.0
"""What every emulator must do; a test class of a driver derives from it and says how its test image is built."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import ClassVar

import pytest

from harness import proc
from harness.boards import Board, load_board
from harness.deadline import Deadline
from harness.emulation import EmulatorDriver
from harness.emulation._session import ProcessSession
from harness.errors import DeviceFault, OpenError
from tests.emulation.images import build_image
from tests.emulation.line import Line, count_of

_PATTERN = bytes(range(256))


class EmulatorContract:
    """Starts, answers, times out, is killed, leaves nothing behind."""

    BOARD: ClassVar[str]
    DRIVER: ClassVar[EmulatorDriver]
    CRASH_WORDS: ClassVar[str]  # in what the emulator says when the firmware crashes
    CRASH_ENDS_IT: ClassVar[bool] = True  # by itself; else the session's check does
    KEEPS_EARLY_BYTES: ClassVar[bool] = True  # or drops what arrives before the program has switched its port on

    @pytest.fixture(scope="class")
    @classmethod
    def board(cls) -> Board:
        return load_board(cls.BOARD)

    @pytest.fixture(scope="class")
    @classmethod
    def image(cls, board: Board, tmp_path_factory: pytest.TempPathFactory) -> Path:
        return build_image(board, tmp_path_factory.mktemp("image"))

    def start(self, board: Board, image: Path) -> ProcessSession:
        session = self.DRIVER.start(board, image, count=None)
        assert isinstance(session, ProcessSession)
        return session

    def test_it_says_that_it_is_installed_and_which_version_it_is(self, board: Board) -> None:
        assert self.DRIVER.installed(board)
        assert self.DRIVER.version(board)

    def test_it_starts_and_answers_every_byte(self, board: Board, image: Path) -> None:
        sent = _PATTERN * 4
        with self.start(board, image) as session, Line(session.port) as line:
            assert line.ask(b"", 1) == b"B"
            assert line.ask(b"e" + count_of(len(sent)) + sent, len(sent)) == sent

    def test_bytes_that_arrive_before_the_device_has_started_are_kept(self, board: Board, image: Path) -> None:
        if not self.KEEPS_EARLY_BYTES:
            pytest.skip(f"{self.DRIVER.NAME} drops them, as the chip does")
        with self.start(board, image) as session, Line(session.port) as line:
            assert line.ask(b"e" + count_of(3) + b"abc", 4) == b"Babc"

    def test_what_the_device_says_to_nobody_waits_for_the_next_reader(self, board: Board, image: Path) -> None:
        with self.start(board, image) as session:
            with Line(session.port) as line:
                assert line.ask(b"", 1) == b"B"
                line.ask(b"t" + count_of(20_000), 0)
            with Line(session.port) as line:
                assert line.ask(b"", 20_000) == (_PATTERN * 79)[:20_000]

    def test_a_device_that_hangs_is_silent_and_can_be_closed(self, board: Board, image: Path) -> None:
        with self.start(board, image) as session, Line(session.port) as line:
            assert line.ask(b"", 1) == b"B"
            line.ask(b"h", 0)
            assert line.is_silent_for(0.05)
            session.check()
        assert _is_gone(session.pid)

    def test_a_crash_is_a_device_fault_with_the_emulators_own_words(self, board: Board, image: Path) -> None:
        with self.start(board, image) as session, Line(session.port) as line:
            assert line.ask(b"", 1) == b"B"
            line.ask(b"x", 0)
            assert not self.CRASH_ENDS_IT or line.has_ended()
            fault = _wait_for_fault(session)
            assert line.has_ended()
            assert self.CRASH_WORDS in fault.message + fault.log

    def test_an_emulator_that_was_killed_is_a_device_fault_and_ends_the_line(self, board: Board, image: Path) -> None:
        with self.start(board, image) as session, Line(session.port) as line:
            os.killpg(session.pid, signal.SIGKILL)  # what is started may be a script that starts the emulator
            assert line.has_ended()
            assert "SIGKILL" in _wait_for_fault(session).message

    def test_closing_leaves_no_process_port_or_open_file(self, board: Board, image: Path) -> None:
        before = _open_files()
        session = self.start(board, image)
        assert not _is_gone(session.pid)
        made = _made_at(session.port)
        session.close()
        assert _is_gone(session.pid)
        assert _open_files() == before
        deadline = Deadline.after(60)
        while _made_at(session.port) == made:  # the threads of what was killed end one by one
            assert not deadline.passed, "somebody holds the port"
            time.sleep(0.01)

    def test_closing_twice_is_fine_and_a_closed_session_says_so(self, board: Board, image: Path) -> None:
        session = self.start(board, image)
        session.close()
        session.close()
        assert session.counts() == ()
        with pytest.raises(DeviceFault, match="closed"):
            session.check()

    def test_several_at_once_do_not_mix(self, board: Board, image: Path) -> None:
        with self.start(board, image) as one, self.start(board, image) as two, self.start(board, image) as three:
            with Line(one.port) as first, Line(two.port) as second, Line(three.port) as third:
                requests = ((first, b"1"), (second, b"2"), (third, b"3"))
                assert [line.ask(b"", 1) for line, _ in requests] == [b"B"] * 3
                assert [line.ask(b"e" + count_of(1) + byte, 1) for line, byte in requests] == [b"1", b"2", b"3"]

    def test_an_image_that_is_not_there_is_an_open_error(self, board: Board, tmp_path: Path) -> None:
        before = _open_files()
        with pytest.raises(OpenError, match=r"absent\.elf"):
            self.start(board, tmp_path / "absent.elf")
        assert _open_files() == before

    @pytest.mark.parametrize("thread", [False, True], ids=["the main thread", "a thread that has ended"])
    def test_it_ends_with_a_harness_killed_by_signal_9(self, board: Board, image: Path, thread: bool) -> None:
        script = _PARENT.format(module=type(self.DRIVER).__module__, board=board.id, image=str(image), thread=thread)
        parent = proc.start([sys.executable, "-c", script], stderr=subprocess.PIPE)
        try:
            assert parent.stdout is not None
            pid = int(parent.stdout.readline())
            assert not _is_gone(pid)
            os.kill(parent.pid, signal.SIGKILL)
            deadline = Deadline.after(60)
            while not _is_gone(pid):
                assert not deadline.passed, "the emulator has outlived the harness"
                time.sleep(0.01)
        finally:
            proc.stop(parent)


_PARENT = """
import importlib, pathlib, signal, threading
from harness.boards import load_board
driver = importlib.import_module({module!r}).DRIVER
sessions = []
def start():
    sessions.append(driver.start(load_board({board!r}), pathlib.Path({image!r}), count=None))
if {thread}:
    worker = threading.Thread(target=start)
    worker.start()
    worker.join()
else:
    start()
sessions[0].check()
print(sessions[0].pid, flush=True)
signal.pause()
"""


def _wait_for_fault(session: ProcessSession) -> DeviceFault:
    deadline = Deadline.after(60)
    while not deadline.passed:
        try:
            session.check()
        except DeviceFault as fault:
            return fault
        time.sleep(0.01)
    raise AssertionError("the emulator has not ended")


def _is_gone(pid: int) -> bool:
    """Say whether a process and all that it started have ended, collected by their parents or not."""
    return not any(state not in "ZX" and group == str(pid) for state, group in map(_state_and_group, _processes()))


def _processes() -> list[Path]:
    return list(Path("/proc").glob("[0-9]*/stat"))


def _state_and_group(stat: Path) -> tuple[str, str]:
    """Read fields 3 and 5 of proc_pid_stat(5); a process that has just ended counts as dead."""
    try:
        state, _, group, *_ = stat.read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return "X", ""
    return state, group


def _made_at(port: str) -> int | None:
    """Say when a pty was made; None where there is none. Its number is soon used again on a busy machine."""
    try:
        return Path(port).stat().st_ctime_ns
    except FileNotFoundError:
        return None


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
