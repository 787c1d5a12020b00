# SPDX-License-Identifier: Apache-2.0
"""One at a time on a port: threads, processes, names of the same port, and holders that are killed."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

from harness import proc
from harness.boards import load_board
from harness.errors import FlashError, OpenError
from harness.flashers import platformio
from harness.measure import open_real
from harness.transports import _reserve, reserved
from harness.transports._reserve import identity_of
from tests.conftest import ROOT
from tests.flashers.test_platformio import Folder

HOLD = """
import sys
from harness.transports import reserved
with reserved(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def port() -> Iterator[str]:
    """A pty that nothing answers on."""
    ours, theirs = os.openpty()
    yield os.ttyname(theirs)
    os.close(ours)
    os.close(theirs)


def wait_until(happens: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_second_process_waits_says_for_whom_and_goes_on_when_the_holder_is_killed(port: str) -> None:
    holder = proc.start([sys.executable, "-c", HOLD, port], cwd=ROOT, stdin=proc.PIPE)
    said: list[str] = []
    had: list[str] = []

    def use() -> None:
        with reserved(port, say=said.append):
            had.append(port)

    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        waiting = threading.Thread(target=use)
        waiting.start()
        wait_until(lambda: said)
        assert had == []
        holder.kill()
        waiting.join(60)
    finally:
        proc.stop(holder)
    assert had == [port]
    assert said == [f"waiting for {port}, which process {holder.pid} uses"]


def test_jobs_flash_and_use_a_board_one_after_the_other(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    said: list[str] = []

    def flash(*_arguments: object) -> str:
        seen.append("flash")
        time.sleep(0.2)
        if len(seen) == 1:
            raise FlashError("no")  # which frees the port
        seen.append("flashed")
        return ""

    def job() -> None:
        with suppress(FlashError), open_real(load_board("esp32"), Folder(Path(), "esp32"), port, watch=said.append):
            time.sleep(0.2)
            seen.append("used")

    monkeypatch.setattr(platformio.PlatformIOFlasher, "flash", flash)
    threads = [threading.Thread(target=job) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert seen == ["flash", *["flash", "flashed", "used"] * 2]
    assert said.count(f"waiting for {port}, which another job uses") == 2


def test_all_names_of_a_port_are_one_and_other_ports_are_free(port: str, tmp_path: Path) -> None:
    (tmp_path / "by-id").symlink_to(port)
    ours, theirs = os.openpty()
    said: list[str] = []
    with reserved(port), reserved(os.ttyname(theirs), say=said.append), reserved("socket://a:1", say=said.append):
        assert said == []
    assert identity_of(str(tmp_path / "by-id")) == identity_of(port) != identity_of(os.ttyname(theirs))
    os.close(ours)
    os.close(theirs)


def test_a_port_on_the_usb_is_known_by_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """A board that restarts may come back under another name."""
    found = []
    for name in ("/dev/ttyACM0", "/dev/ttyACM1"):
        info = ListPortInfo(name)
        info.location = "1-1.4:1.0"
        found.append(info)
    monkeypatch.setattr(list_ports, "comports", lambda: found)
    assert identity_of("/dev/ttyACM0") == identity_of("/dev/ttyACM1") == "usb 1-1.4:1.0"


def test_a_lock_that_cannot_be_made_is_an_open_error(
    port: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(_reserve, "_FOLDER", tmp_path / "missing")
    with pytest.raises(OpenError, match="missing"), reserved(port):
        pass
