# SPDX-License-Identifier: Apache-2.0
"""QEMU's own protocol (QMP: one JSON object a line) over a socket pair: start the machine, ask whether it lives."""

from __future__ import annotations

import json
import socket

from harness.deadline import Deadline


class QmpError(Exception):
    """QEMU does not answer, or answers with an error."""


class Qmp:
    """The harness's end of the connection; ``remote_fd`` is for QEMU, and is closed here once it has started."""

    def __init__(self) -> None:
        self._socket, self._remote = socket.socketpair()
        self._received = b""

    @property
    def remote_fd(self) -> int:
        return self._remote.fileno()

    def started(self) -> None:
        """Give QEMU's end away: from now on its death is seen at once."""
        self._remote.close()

    def greet(self, deadline: Deadline) -> None:
        """Wait for QEMU's greeting and leave the negotiation. Raises QmpError."""
        self._next(deadline)
        self.execute("qmp_capabilities", deadline)

    def execute(self, command: str, deadline: Deadline, **arguments: str) -> object:
        """Execute a command and return its result. Raises QmpError."""
        request = {"execute": command, **({"arguments": arguments} if arguments else {})}
        try:
            self._socket.settimeout(max(deadline.remaining_seconds, 0.001))
            self._socket.sendall(json.dumps(request).encode() + b"\n")
        except OSError as error:
            raise QmpError(str(error)) from error
        while True:
            answer = self._next(deadline)
            if "error" in answer:
                raise QmpError(f"{command}: {answer['error']}")
            if "return" in answer:  # events come in between
                return answer["return"]

    def close(self) -> None:
        self._socket.close()
        self._remote.close()

    def _next(self, deadline: Deadline) -> dict[str, object]:
        while b"\n" not in self._received:
            self._socket.settimeout(max(deadline.remaining_seconds, 0.001))
            try:
                piece = self._socket.recv(65536)
            except OSError as error:
                raise QmpError(str(error)) from error
            if not piece:
                raise QmpError("the connection has ended")
            self._received += piece
        line, _, self._received = self._received.partition(b"\n")
        answer = json.loads(line)
        if not isinstance(answer, dict):
            raise QmpError("not an object")
        return answer
