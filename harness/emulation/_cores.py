# SPDX-License-Identifier: Apache-2.0
"""A processor core of the host for each emulator, while there are free ones.

QEMU hands every byte of a serial line from one of its threads to another; on one core that takes half as long.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import ExitStack, suppress
from pathlib import Path

from harness.settings import cache_dir


def claim_core(resources: ExitStack) -> int | None:
    """Return a core that no other emulator of this user has claimed, until ``resources`` are closed; None if none is.

    The claim is a lock on a file in the cache, so it ends with the process, whatever ends that.
    """
    folder = cache_dir() / "cores"
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        cores = sorted(os.sched_getaffinity(0))
        for core in cores if len(cores) > 1 else ():
            fd = os.open(folder / f"{core}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(fd)
                continue
            resources.callback(os.close, fd)
            return core
    return None


def pin(pid: int, core: int) -> None:
    """Keep all threads that a process has now, and will have, on one core."""
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):
            os.sched_setaffinity(int(thread.name), {core})
