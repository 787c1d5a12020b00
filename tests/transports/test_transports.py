# SPDX-License-Identifier: Apache-2.0
"""Both transports against the contract, on a pty and on a TCP connection; and how a board's port is found."""

from __future__ import annotations

import os
import select
import socket
import sys
import tty
from contextlib import ExitStack
from dataclasses import dataclass
from typing import cast

import pytest
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

import harness.transports.serial as serial_transport
import harness.transports.socket as socket_transport
from harness import proc
from harness.deadline import Deadline
from harness.errors import NoBoard, OpenError, UserError
from harness.testing.transports import Peer, TransportContract
from harness.transports import Stream, Tap, Transport, open_port


@dataclass(slots=True)
class Pty:
    """The side of a pty that plays the device."""

    fd: int

    def send(self, data: bytes) -> None:
        while data:
            data = data[os.write(self.fd, data) :]

    def receive(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            assert select.select([self.fd], [], [], 20)[0], f"{len(data)} bytes came of {size}"
            data += os.read(self.fd, size - len(data))
        return data

    def vanish(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


@dataclass(slots=True)
class Tcp:
    """The side of a TCP connection that plays the device."""

    connection: socket.socket

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def receive(self, size: int) -> bytes:
        self.connection.settimeout(20)
        data = b""
        while len(data) < size:
            piece = self.connection.recv(size - len(data))
            assert piece, f"{len(data)} bytes came of {size}"
            data += piece
        return data

    def vanish(self) -> None:
        self.connection.close()


class TestSerial(TransportContract):
    def connect(self, stack: ExitStack, tap: Tap | None) -> tuple[Stream, Peer]:
        ours, theirs = os.openpty()
        tty.setraw(theirs)
        peer = Pty(ours)
        stack.callback(peer.vanish)
        stream = stack.enter_context(open_port(os.ttyname(theirs), tap=tap))
        os.close(theirs)
        return stream, peer

    def transport(self) -> Transport:
        return cast(Transport, serial_transport)

    def absent_port(self) -> str:
        return "/dev/ttyNotThere0"


class TestSocket(TransportContract):
    def connect(self, stack: ExitStack, tap: Tap | None) -> tuple[Stream, Peer]:
        with socket.create_server(("127.0.0.1", 0)) as server:
            stream = stack.enter_context(open_port(f"socket://127.0.0.1:{server.getsockname()[1]}", tap=tap))
            connection, _ = server.accept()
        peer = Tcp(connection)
        stack.callback(peer.vanish)
        return stream, peer

    def transport(self) -> Transport:
        return cast(Transport, socket_transport)

    def absent_port(self) -> str:
        with socket.create_server(("127.0.0.1", 0)) as server:
            return f"socket://127.0.0.1:{server.getsockname()[1]}"  # free again, and nobody listens


def test_a_port_that_another_program_holds_is_an_open_error() -> None:
    ours, theirs = os.openpty()
    name = os.ttyname(theirs)
    with open_port(name), pytest.raises(OpenError, match="lock"):
        open_port(name)
    os.close(ours)
    os.close(theirs)


def test_an_unknown_scheme_names_the_valid_ones() -> None:
    with pytest.raises(UserError, match="soket") as caught:
        open_port("soket://127.0.0.1:1")
    assert "socket" in caught.value.hint


@pytest.mark.parametrize("url", ["socket://127.0.0.1", "socket://127.0.0.1:99999", "socket://127.0.0.1:1?colour=red"])
def test_a_wrong_address_is_an_open_error(url: str) -> None:
    with pytest.raises(OpenError):
        open_port(url)


def _connected(monkeypatch: pytest.MonkeyPatch, *ports: tuple[str, int | None, int | None]) -> None:
    infos = []
    for device, vid, pid in ports:
        info = ListPortInfo(device)
        info.vid, info.pid = vid, pid
        infos.append(info)
    monkeypatch.setattr(list_ports, "comports", lambda: infos)


def test_a_port_is_found_by_the_usb_ids_of_its_board(monkeypatch: pytest.MonkeyPatch) -> None:
    _connected(
        monkeypatch, ("/dev/ttyS0", None, None), ("/dev/ttyUSB1", 0x10C4, 0xEA60), ("/dev/ttyACM0", 0x483, 0x374B)
    )
    assert serial_transport.find_ports(("0483:374B", "0483:374e")) == ("/dev/ttyACM0",)
    assert serial_transport.find_port("esp32", ("10c4:ea60", "1a86:7523")) == "/dev/ttyUSB1"


def test_a_board_that_is_not_connected_is_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    _connected(monkeypatch, ("/dev/ttyS0", None, None))
    with pytest.raises(NoBoard, match=r"no board 'esp32' is connected.*10c4:ea60") as caught:
        serial_transport.find_port("esp32", ("10c4:ea60", "1a86:7523"))
    assert caught.value.exit_code == 7
    assert "cable" in caught.value.hint


def test_two_boards_of_a_kind_must_be_told_apart_by_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    _connected(monkeypatch, ("/dev/ttyUSB0", 0x10C4, 0xEA60), ("/dev/ttyUSB1", 0x10C4, 0xEA60))
    with pytest.raises(NoBoard, match="/dev/ttyUSB0, /dev/ttyUSB1"):
        serial_transport.find_port("esp32", ("10c4:ea60",))


def test_the_earlier_of_two_deadlines_holds() -> None:
    far = Deadline.after(1000)
    assert far.or_after(2000) == far
    assert far.or_after(1).at < far.at
    assert Deadline.after(-1).passed
    assert Deadline.after(-1).remaining_seconds == 0


def test_the_link_imports_without_pyserial() -> None:
    code = "import sys, harness.link; sys.exit(any(name.split('.')[0] == 'serial' for name in sys.modules))"
    assert proc.run([sys.executable, "-c", code], timeout_seconds=60).exit_code == 0
