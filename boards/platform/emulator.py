# SPDX-License-Identifier: Apache-2.0
"""An image running in an emulator, its serial port on two pipes: what upload and monitor need of a board."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LIBC = ctypes.CDLL(None)
_PROGRAMS = {
    "thumb1": ("qemu-system-arm",),
    "thumb2": ("qemu-system-arm",),
    "rv32": ("qemu-system-riscv32", "-bios", "none"),
    "xtensa": ("qemu-system-xtensa", "-cpu", "lx106"),
}
_PATIENCE_SECONDS = 10.0
_QUIET_SECONDS = 0.3


class EmulatorError(Exception):
    """The image cannot be started, or has ended; says why."""


class Emulator:
    """A running image. It ends with this process, whatever ends that; closing it twice is fine."""

    def __init__(self, emulation: Mapping[str, str], image: Path) -> None:
        parent = os.getpid()

        def die_with_parent() -> None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:  # the parent died between fork and prctl
                os._exit(1)

        pipe = subprocess.PIPE
        try:
            self._child = subprocess.Popen(
                command_for(emulation, image),
                stdin=pipe,
                stdout=pipe,
                stderr=pipe,
                bufsize=0,
                start_new_session=True,  # Ctrl-C in a terminal is the monitor's to handle
                preexec_fn=die_with_parent,  # noqa: PLW1509
            )
        except OSError as error:
            raise EmulatorError(f"cannot start {error.filename}: {error.strerror}") from error

    def read(self, size: int, timeout: float | None) -> bytes:
        """Return what has arrived, at most ``size`` bytes; nothing after ``timeout`` seconds (None: wait for ever)."""
        ready, _, _ = select.select([self._child.stdout], [], [], timeout)
        if not ready:
            return b""
        received = os.read(self._child.stdout.fileno(), size)
        if not received:
            raise EmulatorError(self._last_words())
        return received

    def write(self, data: bytes) -> None:
        """Send all bytes."""
        try:
            while data:
                data = data[os.write(self._child.stdin.fileno(), data) :]
        except BrokenPipeError as error:
            raise EmulatorError(self._last_words()) from error

    def close(self) -> None:
        """End the emulator at once."""
        if self._child.poll() is None:
            self._child.kill()
        self._child.wait()
        for stream in (self._child.stdin, self._child.stdout, self._child.stderr):
            stream.close()

    def _last_words(self) -> str:
        self._child.wait()
        words = self._child.stderr.read().decode(errors="replace").strip()
        return f"the emulator ended with code {self._child.returncode}" + (f": {words}" if words else "")


def command_for(emulation: Mapping[str, str], image: Path) -> list[str]:
    """Return the command that runs an image with its serial port on standard input and output."""
    if not image.is_file():
        raise EmulatorError(f"there is no image {image}: build it first with 'pio run'")
    if emulation["driver"] == "native":
        return [str(image.absolute())]
    if emulation["driver"] != "qemu" or emulation["isa"] not in _PROGRAMS:
        raise EmulatorError(
            f"this platform does not know the emulator {emulation['driver']!r} for {emulation['isa']!r}"
        )
    return [
        *_PROGRAMS[emulation["isa"]],
        *("-machine", emulation["machine"], "-nodefaults", "-display", "none", "-monitor", "none"),
        *("-icount", "shift=0"),  # the board's timer counts instructions, as when the harness measures
        *("-chardev", "stdio,id=serial,signal=off", "-serial", "chardev:serial", "-kernel", str(image)),
    ]


def boot_once(emulation: Mapping[str, str], image: Path) -> int:
    """Start an image and wait for what it sends; return 0 when it lives, 1 when it is silent, ends or has a fault."""
    try:
        emulator = Emulator(emulation, image)
    except EmulatorError as error:
        print(f"Error: {error}")
        return 1
    received = b""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    try:
        while not received and time.monotonic() < deadline:
            received = emulator.read(4096, deadline - time.monotonic())
        while received and (more := emulator.read(4096, _QUIET_SECONDS)) and time.monotonic() < deadline:
            received += more
    except EmulatorError as error:
        print(f"Error: {error}")
        return 1
    finally:
        emulator.close()
    text = "".join(chr(byte) if 32 <= byte < 127 or byte in b"\r\n" else "." for byte in received).strip()
    if not received:
        print(f"Error: {image} sent nothing within {_PATIENCE_SECONDS:g} s")
    elif b"FAULT" in received:
        print(f"Error: {image} reports a fault:\n{text}")
    else:
        print(f"{image} runs; its first {len(received)} bytes: {text}")
        return 0
    return 1
