# SPDX-License-Identifier: Apache-2.0
"""TCP sockets, through pyserial's ``socket://host:port``: emulators, and serial servers on another machine."""

from __future__ import annotations

import select
import socket

import serial
from serial.urlhandler import protocol_socket

from harness.errors import OpenError
from harness.transports._base import Stream, Tap


class _Socket(protocol_socket.Serial):
    """Pyserial's socket with what a link needs: pieces as they come, and no sleep when it closes."""

    _socket: socket.socket | None

    def receive(self, maximum: int, seconds: float) -> bytes:
        assert self._socket is not None
        ready, _, _ = select.select([self._socket], [], [], seconds)
        if not ready:
            return b""
        data = self._socket.recv(maximum)
        if not data:
            raise serial.SerialException("the other side closed the connection")
        return data

    def close(self) -> None:
        # The inherited one sleeps 0.3 s, and leaves the socket open where the other side has gone.
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self.is_open = False


class SocketStream(Stream):
    """An open TCP connection."""

    def __init__(self, port: str, *, tap: Tap | None = None) -> None:
        super().__init__(port, tap)
        self._serial = _Socket(timeout=0)
        try:
            self._serial.port = port
            self._serial.open()
        except (serial.SerialException, OSError, ValueError) as error:
            raise OpenError(f"cannot open {port}: {error}", hint="Is something listening at that address?") from error

    def _read(self, maximum: int, seconds: float) -> bytes:
        try:
            return self._serial.receive(maximum, seconds)
        except (serial.SerialException, OSError) as error:
            raise self._lost(error) from error

    def _write(self, data: bytes, seconds: float) -> bool:
        try:
            self._serial.write_timeout = seconds
            self._serial.write(data)
            return True
        except serial.SerialTimeoutException:
            return False
        except (serial.SerialException, OSError) as error:
            raise self._lost(error) from error

    def _close(self) -> None:
        self._serial.close()


def open_stream(port: str, *, baud: int, tap: Tap | None = None) -> SocketStream:  # noqa: ARG001
    """Open ``socket://host:port``; a socket has no speed. Raises OpenError."""
    return SocketStream(port, tap=tap)
