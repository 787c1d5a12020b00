# SPDX-License-Identifier: Apache-2.0
"""This process among those that work on a study: it says that it lives, and tells which others do not.

Whether another process of this machine lives is asked of the kernel, by the thread that beats for it: it ends with
its search, so that one that could not leave (the store was locked) keeps no trial from the next. One elsewhere is
dead when the number that it counts up in the store has not changed for a while of *our* monotonic clock: no clock is
compared with another's, so that none that jumps takes a trial from anybody.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from harness import proc
from harness.errors import StoreError
from harness.store import Runner, Store

BEAT_SECONDS = 5.0
LEASE_SECONDS = 60.0


class Lease:
    """A context manager: the process enters the store, beats in a thread of its own, and leaves."""

    def __init__(self, store: Store, *, beat_seconds: float = BEAT_SECONDS) -> None:
        self._store = store
        self._beat_seconds = beat_seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep_beating, name="harness-lease", daemon=True)
        self._watch = Watch()
        self.runner = this_process()

    def __enter__(self) -> Lease:
        self._thread.start()
        thread = self._thread.native_id or 0
        self.runner = replace(self.runner, pid=thread, started=proc.started_at(thread) or "")
        try:
            self._store.claims.enter(self.runner)
        except BaseException:
            self._over.set()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Leave: what was under way is free for others, or for this process's next run."""
        self._over.set()
        with suppress(StoreError):  # the error that ended the search matters more
            self._store.claims.leave(self.runner.key)

    @property
    def key(self) -> str:
        return self.runner.key

    def living(self) -> frozenset[str]:
        """Return the keys of the other processes that live, or may."""
        others = [runner for runner in self._store.claims.runners() if runner.key != self.key]
        return self._watch.living(others, self.runner)

    def _keep_beating(self) -> None:
        beat = 0
        while not self._over.wait(self._beat_seconds):
            beat += 1
            with suppress(StoreError):  # locked for now; there are several beats in a lease
                self._store.claims.beat(self.key, beat)


class Watch:
    """Remembers since when each process elsewhere has not beaten; ``now`` is a monotonic clock in seconds."""

    def __init__(self, *, lease_seconds: float = LEASE_SECONDS, now: Callable[[], float] = time.monotonic) -> None:
        self._lease_seconds = lease_seconds
        self._now = now
        self._seen: dict[str, tuple[int, float]] = {}  # beat, and when it was first seen

    def living(self, runners: Iterable[Runner], here: Runner) -> frozenset[str]:
        """Return the keys of those that live, or may."""
        return frozenset(runner.key for runner in runners if self._lives(runner, here))

    def _lives(self, runner: Runner, here: Runner) -> bool:
        if (runner.boot, runner.namespace) == (here.boot, here.namespace):
            return proc.started_at(runner.pid) == runner.started
        beat, since = self._seen.get(runner.key, (-1, 0.0))
        if beat != runner.beat:
            since = self._now()
            self._seen[runner.key] = (runner.beat, since)
        return self._now() - since < self._lease_seconds


def this_process() -> Runner:
    """Return who this process is, under a key of its own."""
    pid = os.getpid()
    return Runner(
        key=uuid.uuid4().hex,
        host=socket.gethostname(),
        boot=Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip(),
        namespace=os.readlink("/proc/self/ns/pid"),  # noqa: PTH115  (it leads nowhere)
        pid=pid,
        started=proc.started_at(pid) or "",
    )
