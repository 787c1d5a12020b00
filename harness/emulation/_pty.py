# SPDX-License-Identifier: Apache-2.0
"""A pty whose one end an emulator gets as an open file, and whose other end is a serial port with a path."""

from __future__ import annotations

import os
import tty
from dataclasses import dataclass

from harness.errors import OpenError


@dataclass(frozen=True, slots=True, kw_only=True)
class Pty:
    """Both ends, open, in raw mode.

    The far end stays open here as long as the session lasts: what the device says waits in the kernel for a reader,
    and the line does not hang up between two readers.
    """

    device_fd: int  # for the emulator; closed here once it has started, so that its death is the end of the line
    port_fd: int
    path: str


def open_pty() -> Pty:
    """Open a new pty. Raises OpenError where the system has none left."""
    try:
        device_fd, port_fd = os.openpty()
    except OSError as error:
        raise OpenError(f"no pty can be opened: {error}", hint="Is /dev/pts mounted, and are some left?") from error
    tty.setraw(port_fd)
    return Pty(device_fd=device_fd, port_fd=port_fd, path=os.ttyname(port_fd))
