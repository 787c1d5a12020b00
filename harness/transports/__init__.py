# SPDX-License-Identifier: Apache-2.0
"""Ways to reach a device: streams of bytes over a port. A member is a module of this package."""

from __future__ import annotations

from typing import cast

from harness import registry
from harness.transports._base import ByteStream, Direction, Stream, Tap, Transport
from harness.transports._reserve import WAITING, reserved

__all__ = ["WAITING", "ByteStream", "Direction", "Stream", "Tap", "Transport", "open_port", "reserved"]


def open_port(port: str, *, baud: int = 115_200, tap: Tap | None = None) -> Stream:
    """Open a port by its name: ``/dev/ttyACM0``, a pty's path, or a URL such as ``socket://host:port``.

    Raises OpenError where it cannot be opened, UserError where no transport has the URL's scheme.
    """
    scheme, separator, _ = port.partition("://")
    member = cast(Transport, registry.load("harness.transports", scheme if separator else "serial"))
    return member.open_stream(port, baud=baud, tap=tap)
