# SPDX-License-Identifier: Apache-2.0
"""Who uses a port: one at a time among all harness processes of a machine and their jobs, from flashing to the end.

A port is locked by a file of its own (flock(2)), which the kernel frees when its holder dies. What locks the device
itself comes too late: between the upload of an image and the first answer nobody has it open.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from harness.errors import OpenError

_FOLDER = Path("/tmp")  # the same for all users, whatever their environment says
_LOOK_SECONDS = 0.2
WAITING = "waiting for"  # how what is said begins


@contextmanager
def reserved(port: str, *, say: Callable[[str], None] = lambda _words: None) -> Iterator[None]:
    """Have a port alone, under whichever of its names; wait for as long as another has it, and ``say`` so.

    Raises OpenError where the lock's file cannot be made.
    """
    descriptor = _open_lock(port)
    try:
        if not _locks(descriptor):
            say(f"{WAITING} {port}, which {_holder(descriptor)} uses")
            while not _locks(descriptor):
                time.sleep(_LOOK_SECONDS)
        yield
    finally:
        os.close(descriptor)


def identity_of(port: str) -> str:
    """Return what all names of a port have in common.

    It is the place on the USB where there is one, since a board that restarts may come back under another name; else
    the device's number, else the name.
    """
    from serial.tools import list_ports  # who has no port needs no pyserial

    if "://" in port:
        return port
    real = os.path.realpath(port)
    place = next((known.location for known in list_ports.comports() if known.device == real), None)
    if place:
        return f"usb {place}"
    with suppress(OSError):
        found = Path(real).stat()
        if stat.S_ISCHR(found.st_mode):
            return f"device {os.major(found.st_rdev)}:{os.minor(found.st_rdev)}"
    return real


def _open_lock(port: str) -> int:
    """Return the lock's file, opened; it is left behind, for one that is removed could be locked twice."""
    path = _FOLDER / f"harness-port-{hashlib.sha256(identity_of(port).encode()).hexdigest()[:16]}.lock"
    flags = os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | flags)
        except FileExistsError:
            return os.open(path, os.O_RDONLY | flags)  # it may be another user's
        os.fchmod(descriptor, 0o644)
        return descriptor
    except OSError as error:
        message = f"cannot lock {port}: {path}: {error.strerror}"
        raise OpenError(message, hint="Make that file readable, or remove it when nobody measures.") from error


def _locks(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(descriptor: int) -> str:
    """Say who holds a lock, as the kernel lists it (proc_locks(5))."""
    inode = os.fstat(descriptor).st_ino
    with suppress(OSError):
        for line in Path("/proc/locks").read_text(encoding="ascii").splitlines():
            fields = line.split()
            if fields[1] == "FLOCK" and fields[5].rpartition(":")[2] == str(inode):
                return "another job" if int(fields[4]) == os.getpid() else f"process {fields[4]}"
    return "another process"
