# SPDX-License-Identifier: Apache-2.0
"""A serial port that is an emulator: opening it boots the image of an environment, closing it ends the emulator."""

from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import urlsplit

from emulator import Emulator, EmulatorError
from platformio.platform.factory import PlatformFactory
from platformio.project.config import ProjectConfig
from serial.serialutil import PortNotOpenError, SerialBase, SerialException


class Serial(SerialBase):
    """pyserial's interface to an emulator; line settings and modem lines mean nothing to it."""

    BAUDRATES = SerialBase.BAUDRATES
    _emulator: Emulator | None = None
    _cancelled = False

    def open(self) -> None:
        """Boot the image. Raises SerialException where the environment, the image or the emulator is missing."""
        environment = urlsplit(self.portstr).netloc
        config = ProjectConfig.get_instance()
        if environment not in config.envs():
            raise SerialException(f"{self.portstr}: platformio.ini has no environment {environment!r}")
        platform = PlatformFactory.new(config.get(f"env:{environment}", "platform"))
        board = platform.board_config(config.get(f"env:{environment}", "board"))
        image = Path(config.get("platformio", "build_dir")) / environment / "firmware.elf"
        try:
            self._emulator = Emulator(board.get("emulation"), image)
        except EmulatorError as error:
            raise SerialException(str(error)) from error
        self.is_open = True

    def close(self) -> None:
        """End the emulator; twice is fine."""
        if self._emulator is not None:
            self._emulator.close()
            self._emulator = None
        self.is_open = False

    @property
    def in_waiting(self) -> int:
        """Say 0: how much has arrived is found out by reading."""
        return 0

    def read(self, size: int = 1) -> bytes:
        """Return up to ``size`` bytes, fewer at the time limit."""
        deadline = None if self._timeout is None else time.monotonic() + self._timeout
        received = b""
        while len(received) < size and not self._cancelled:
            left = 0.1 if deadline is None else min(0.1, deadline - time.monotonic())  # a look now and then at cancel
            received += self._receive(size - len(received), max(0.0, left))
            if left <= 0:
                break
        self._cancelled = False
        return received

    def _receive(self, size: int, timeout: float) -> bytes:
        if self._emulator is None:
            raise PortNotOpenError
        try:
            return self._emulator.read(size, timeout)
        except EmulatorError as error:
            raise SerialException(str(error)) from error

    def write(self, data: bytes) -> int:
        """Send all bytes."""
        if self._emulator is None:
            raise PortNotOpenError
        try:
            self._emulator.write(bytes(data))
        except EmulatorError as error:
            raise SerialException(str(error)) from error
        return len(data)

    def cancel_read(self) -> None:
        """End a read that another thread waits in."""
        self._cancelled = True

    def flush(self) -> None:
        """Do nothing: every write is complete."""

    def reset_input_buffer(self) -> None:
        """Drop what has arrived."""
        while self._receive(4096, 0):
            pass

    def reset_output_buffer(self) -> None:
        """Do nothing: nothing waits."""

    def _reconfigure_port(self, *_args: object, **_kwargs: object) -> None:
        pass

    _update_break_state = _update_rts_state = _update_dtr_state = _reconfigure_port
    cts = dsr = ri = cd = property(lambda _self: False)


def serial_class_for_url(url: str) -> tuple[str, type[Serial]]:
    """Tell pyserial which class opens a URL of this kind."""
    return url, Serial
