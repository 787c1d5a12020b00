# SPDX-License-Identifier: Apache-2.0
"""The HALs of the emulated boards, each in its emulator with its serial port on a pty."""

from __future__ import annotations

import os
import re
import select
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness import proc
from harness.boards import load_board
from harness.emulation import EmulatorDriver, qemu_espressif, renode, simavr
from harness.emulation._session import ProcessSession
from harness.firmware import build, render_project
from harness.testing.board import missing_tools
from tests.firmware.conftest import need
from tests.firmware.models import tiny_model

EMULATORS = {
    "mps2_an385": ("qemu-system-arm", "-M", "mps2-an385"),
    "mps2_an386": ("qemu-system-arm", "-M", "mps2-an386"),
    "mps2_an500": ("qemu-system-arm", "-M", "mps2-an500"),
    "mps2_an505": ("qemu-system-arm", "-M", "mps2-an505"),
    "mps3_an547": ("qemu-system-arm", "-M", "mps3-an547"),
    "microbit": ("qemu-system-arm", "-M", "microbit"),
    "riscv32_virt": ("qemu-system-riscv32", "-M", "virt", "-bios", "none"),
    "xtensa_lx106_sim": ("qemu-system-xtensa", "-M", "lx60-nommu", "-cpu", "lx106"),
}
OWN_DRIVER: dict[str, EmulatorDriver] = {
    "simavr_atmega2560": simavr.DRIVER,
    **dict.fromkeys(("disco_f072rb", "disco_f407vg", "hifive1", "nrf52840_dk", "nucleo_h743zi"), renode.DRIVER),
    **dict.fromkeys(("esp32", "esp32c3", "esp32s3"), qemu_espressif.DRIVER),
}
PATIENCE_SECONDS = 60.0


class Console:
    """The host's end of an emulated serial port."""

    def __init__(self, port: int, process_id: int, *, rests_busily: bool = False) -> None:
        self.process_id = process_id
        self.rests_busily = rests_busily
        self._port = port
        self._received = b""

    def read_until(self, pattern: str) -> re.Match[bytes]:
        """Return the match of a pattern in what arrives; what stands before it is dropped with it."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (found := re.search(pattern.encode(), self._received, re.DOTALL)):
            assert time.monotonic() < deadline, f"no {pattern!r} in {self._received!r}"
            ready, _, _ = select.select([self._port], [], [], 1.0)
            self._received += os.read(self._port, 65536) if ready else b""
        self._received = self._received[found.end() :]
        return found

    def write(self, data: bytes) -> None:
        while data:
            select.select([], [self._port], [], PATIENCE_SECONDS)
            data = data[os.write(self._port, data) :]


@contextmanager
def boot(board_id: str, image: Path) -> Iterator[Console]:
    """Start an image in its emulator, held until the serial port is open."""
    if board_id in OWN_DRIVER:
        with OWN_DRIVER[board_id].start(load_board(board_id), image, count=None) as session:
            assert isinstance(session, ProcessSession)
            port = os.open(session.port, os.O_RDWR | os.O_NOCTTY)
            try:
                yield Console(port, session.pid, rests_busily=OWN_DRIVER[board_id] is renode.DRIVER)
            finally:
                os.close(port)
        return
    need(EMULATORS[board_id][0])
    command = [*EMULATORS[board_id], *("-nodefaults", "-display", "none", "-icount", "shift=0")]
    monitor = ("-chardev", "stdio,id=monitor", "-mon", "monitor")
    child = proc.start([*command, "-serial", "pty", *monitor, "-S", "-kernel", str(image)], stdin=-1)
    port = -1
    try:
        assert child.stdin is not None
        assert child.stdout is not None
        told = b""
        while not (found := re.search(rb"(/dev/pts/\d+)", told)):
            told += os.read(child.stdout.fileno(), 4096)
        port = os.open(found[1].decode(), os.O_RDWR | os.O_NOCTTY)
        tty.setraw(port)
        child.stdin.write(b"cont\n")
        child.stdin.flush()
        yield Console(port, child.pid)
    finally:
        proc.stop(child)
        if port >= 0:
            os.close(port)


def states(process_id: int) -> set[str]:
    """The states of all threads of a process: R runs or wants to, S sleeps."""
    tasks = Path(f"/proc/{process_id}/task").iterdir()
    return {(task / "stat").read_text().rpartition(")")[2].split()[0] for task in tasks}


@pytest.fixture(scope="module", params=sorted((*EMULATORS, *OWN_DRIVER)))
def image(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    board_id: str = request.param
    board = load_board(board_id)
    if reason := missing_tools(board_id):
        pytest.skip(reason)
    if board_id in OWN_DRIVER and not OWN_DRIVER[board_id].installed(board):
        pytest.skip(f"the emulator of {board_id} itself is not installed")
    project = render_project(tiny_model(), board, tmp_path_factory.mktemp("hal") / board_id, optimize="speed")
    # Renode ends its core where the program runs into no memory: there it fails otherwise.
    defined = b"#define UNDEFINED_INSTRUCTION\n" if OWN_DRIVER.get(board_id) is renode.DRIVER else b""
    (project.folder / "src/main.c").write_bytes(defined + Path(__file__).with_name("hal_check.c").read_bytes())
    return board_id, build(project, board).elf


def test_a_hal_keeps_what_it_promises(image: tuple[str, Path]) -> None:
    board_id, elf = image
    with boot(board_id, elf) as console:
        console.read_until(r"boot 1 cause 1\n")  # power on, which restarts
        console.read_until(r"boot 2 cause 2\n")  # by software; then comes a fault
        fault = console.read_until(r"FAULT [^\r\n]*\r\n")[0]
        known = (b"cfsr=000", b"FAULT interrupt", b"exception=00000003", b"exception=00000006", b"mcause=00000002")
        assert re.search(rb"pc=[bf]000000[01]", fault) or any(words in fault for words in known)
        console.read_until(r"boot 3 cause 4\n")  # and the restart after it
        told = console.read_until(r"short (\d+) long (\d+) hz (\d+) stack (\d+) readable (\d+) unreadable (\d+)\n")
        short, long, hz, stack, readable, unreadable = (int(number) for number in told.groups())
        if board_id != "nrf52840_dk":  # Renode brings this timer up to date once in a millisecond, or at a hook
            assert long == pytest.approx(3 * short, rel=0.01)
        board = load_board(board_id)
        assert hz in (board.clock_hz, board.emulators[0].timer_hz)  # an emulated chip's timer has a rate of its own
        assert (stack, readable, unreadable) == (1, 1, 0)
        sent = bytes(range(1, 33)) + bytes(range(34, 256))
        for _ in range(14):
            console.write(sent)
        for _ in range(14):
            got = console.read_until(f".{{{len(sent)}}}")[0]
            assert got == sent
        console.write(b"!")
        for number in (4, 5):  # faults in a row: the third is told, and then there is silence
            console.read_until(rf"FAULT [^\r\n]*\r\nboot {number} cause 4\n")
        console.read_until(r"FAULT [^\r\n]*\r\n$")
        assert asleep(console)


def test_firmware_that_waits_sleeps(image: tuple[str, Path]) -> None:
    board_id, elf = image
    with boot(board_id, elf) as console:
        console.read_until(r"unreadable 0\n")
        assert asleep(console)
        console.write(b"awake")
        console.read_until("awake")
        assert asleep(console)


def processor_seconds(process_id: int) -> float:
    """What a process has used of the processors since it started."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def asleep(console: Console) -> bool:
    """Say whether the emulator comes to rest: all its threads sleep whenever one looks, ten times in a row.

    Renode looks after its machine a thousand times a second: there, whether it uses less than two thirds of a core.
    """
    in_a_row = 0
    deadline = time.monotonic() + PATIENCE_SECONDS
    while console.rests_busily and time.monotonic() < deadline:
        before, began = processor_seconds(console.process_id), time.monotonic()
        time.sleep(2.0)
        if processor_seconds(console.process_id) - before < 0.66 * (time.monotonic() - began):
            return True
    while in_a_row < 10 and time.monotonic() < deadline:
        in_a_row = in_a_row + 1 if states(console.process_id) == {"S"} else 0
        time.sleep(0.02)
    return in_a_row == 10
