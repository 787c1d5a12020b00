# SPDX-License-Identifier: Apache-2.0
"""Serial ports and ptys, through pyserial; and which port a board hangs on, by its USB ids."""

from __future__ import annotations

import select
import termios
from collections.abc import Sequence
from contextlib import suppress

import serial
from serial.tools import list_ports

from harness.errors import NoBoard, OpenError
from harness.transports._base import Stream, Tap


class SerialStream(Stream):
    """An open serial port."""

    def __init__(self, port: str, *, baud: int, tap: Tap | None = None) -> None:
        super().__init__(port, tap)
        try:
            self._serial = serial.Serial(port, baudrate=baud, timeout=0, write_timeout=0, exclusive=True)
        except (serial.SerialException, OSError, ValueError, termios.error) as error:
            raise OpenError(
                f"cannot open {port}: {error}",
                hint="Does the port exist, may you use it (group dialout), and does no other program hold it?",
            ) from error

    def _read(self, maximum: int, seconds: float) -> bytes:
        # pyserial's own time-out waits for all that was asked for; here the first bytes are enough.
        try:
            select.select([self._serial.fileno()], [], [], seconds)
            return self._serial.read(maximum)
        except (serial.SerialException, OSError, termios.error) as error:
            raise self._lost(error) from error

    def _write(self, data: bytes, seconds: float) -> bool:
        try:
            self._serial.write_timeout = seconds
            self._serial.write(data)
            return True
        except serial.SerialTimeoutException:
            return False
        except (serial.SerialException, OSError, termios.error) as error:
            raise self._lost(error) from error

    def _close(self) -> None:
        with suppress(serial.SerialException, OSError, termios.error):
            self._serial.close()


def open_stream(port: str, *, baud: int, tap: Tap | None = None) -> SerialStream:
    """Open a serial port or pty with 8 data bits, no parity, 1 stop bit. Raises OpenError."""
    return SerialStream(port, baud=baud, tap=tap)


def find_ports(usb_ids: Sequence[str]) -> tuple[str, ...]:
    """Return the names of connected ports whose USB ids, ``vvvv:pppp``, are among ``usb_ids``, sorted."""
    wanted = {usb_id.lower() for usb_id in usb_ids}
    return tuple(
        sorted(
            port.device
            for port in list_ports.comports()
            if port.vid is not None and port.pid is not None and f"{port.vid:04x}:{port.pid:04x}" in wanted
        )
    )


def find_port(board: str, usb_ids: Sequence[str]) -> str:
    """Return the one port that a board may hang on. Raises NoBoard where there is none, or more than one."""
    ports = find_ports(usb_ids)
    if len(ports) == 1:
        return ports[0]
    listed = ", ".join(sorted(usb_ids))
    if ports:
        raise NoBoard(
            f"{len(ports)} connected ports may be the board {board!r} (USB ids {listed}): {', '.join(ports)}",
            hint="Connect only one, or name the port with --port.",
        )
    raise NoBoard(
        f"no board {board!r} is connected: no serial port has one of the USB ids {listed}",
        hint="Connect it with a cable that carries data, and look whether the system lists a new port.",
    )
