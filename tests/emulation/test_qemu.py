# SPDX-License-Identifier: Apache-2.0
"""QEMU as a device."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from msgspec.structs import replace

from harness.boards import Board, load_board
from harness.emulation import _machine, qemu
from harness.errors import BadBoard, DeviceFault, OpenError
from tests.emulation.contract import EmulatorContract
from tests.emulation.images import build_image


class TestCortexM4(EmulatorContract):
    BOARD = "mps2_an386"
    DRIVER = qemu.DRIVER
    CRASH_WORDS = "Lockup"


class TestRiscV(EmulatorContract):
    BOARD = "riscv32_virt"
    DRIVER = qemu.DRIVER
    CRASH_WORDS = "exit code 7"


@pytest.fixture(scope="module")
def board() -> Board:
    return load_board("mps2_an386")


@pytest.fixture(scope="module")
def image(board: Board, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_image(board, tmp_path_factory.mktemp("image"))


def _replace_qemu(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    program = folder / "qemu"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("HARNESS_QEMU_ARM", str(program))


def test_a_missing_qemu_is_an_open_error_that_names_the_package(
    board: Board, image: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_QEMU_ARM", "no-such-qemu")
    with pytest.raises(OpenError, match="no-such-qemu") as caught:
        qemu.DRIVER.start(board, image, count=None)
    assert "apt-get install qemu-system-arm" in caught.value.hint


def test_without_the_qemu_of_its_core_a_board_has_no_version(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_QEMU_ARM", "no-such-qemu")
    assert not qemu.DRIVER.installed(board)
    assert qemu.DRIVER.version(board) is None


def test_a_qemu_that_gives_up_is_an_open_error_with_its_own_words(
    board: Board, image: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _replace_qemu(monkeypatch, tmp_path, "echo 'no such device: cabbage' >&2; exit 3")
    with pytest.raises(OpenError, match="exit code 3: no such device: cabbage"):
        qemu.DRIVER.start(board, image, count=None)


def test_a_qemu_that_never_answers_is_an_open_error_and_does_not_stay(
    board: Board, image: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _replace_qemu(monkeypatch, tmp_path, f"echo $$ > {tmp_path}/pid; exec sleep 300")
    monkeypatch.setattr(_machine, "_START_SECONDS", 1.0)
    with pytest.raises(OpenError, match="does not answer"):
        qemu.DRIVER.start(board, image, count=None)
    assert not Path("/proc", (tmp_path / "pid").read_text().strip()).exists()


def test_a_qemu_that_hangs_is_a_device_fault_and_is_ended(
    board: Board, image: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_machine, "_ANSWER_SECONDS", 0.2)
    with qemu.DRIVER.start(board, image, count=None) as session:
        os.kill(session.pid, signal.SIGSTOP)
        with pytest.raises(DeviceFault, match="does not answer"):
            session.check()
        assert not Path(f"/proc/{session.pid}").exists()


def test_a_machine_that_qemu_does_not_know_is_an_open_error(board: Board, image: Path) -> None:
    strange = replace(board, emulators=(replace(board.emulators[0], machine="mps2-an999"),))
    with pytest.raises(OpenError, match="unsupported machine"):
        qemu.DRIVER.start(strange, image, count=None)


def test_a_board_without_qemu_is_refused(image: Path) -> None:
    with pytest.raises(BadBoard, match="does not emulate host"):
        qemu.DRIVER.start(load_board("host"), image, count=None)
