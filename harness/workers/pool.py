# SPDX-License-Identifier: Apache-2.0
"""Several warm processes for several threads: each call gets one that is idle; one that died or grew is replaced."""

from __future__ import annotations

from collections.abc import Callable
from threading import Condition
from types import TracebackType
from typing import Any

from harness.workers.failure import CallFailed, Ending, SetUpFailed
from harness.workers.worker import Answer, Limits, Worker


class Closed(Exception):
    """The pool was closed while a call was under way."""


class Pool:
    """Up to ``size`` workers of one set-up. A context manager: they start when it is entered, and end with it."""

    def __init__(self, setup: str, arguments: tuple[Any, ...], *, size: int, limits: Limits) -> None:
        self._setup = setup
        self._arguments = arguments
        self._size = size
        self._limits = limits
        self._idle: list[Worker | None] = []  # None: a place for a worker that is not there
        self._all: set[Worker] = set()
        self._changed = Condition()
        self._closed = False

    def __enter__(self) -> Pool:
        self._idle = [self._start() for _ in range(self._size)]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End all workers; calls under way in other threads raise Closed."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            workers = tuple(self._all)
        for worker in workers:
            worker.kill()
        for idle in filter(None, self._idle):
            self._discard(idle)

    def call(
        self, *arguments: Any, watch: Callable[[str], None] = lambda _stage: None, answer: Answer | None = None
    ) -> Any:
        """Call an idle worker, waiting for one; once more in a new process where it died by no limit of ours.

        Raises what ``Worker.call`` does, and Closed.
        """
        try:
            return self._call_once(*arguments, watch=watch, answer=answer)
        except (CallFailed, SetUpFailed) as failed:
            if not _has_died(failed):
                raise
        return self._call_once(*arguments, watch=watch, answer=answer)

    def _call_once(self, *arguments: Any, watch: Callable[[str], None], answer: Answer | None) -> Any:
        worker = self._take()
        try:
            if worker is None or not worker.alive:
                self._discard(worker)
                worker = None
                worker = self._start()
            return worker.call(*arguments, watch=watch, answer=answer)
        except (CallFailed, SetUpFailed) as failed:
            if self._closed:
                raise Closed from failed
            raise
        finally:
            self._give_back(worker)

    def _take(self) -> Worker | None:
        with self._changed:
            self._changed.wait_for(lambda: self._idle or self._closed)
            if self._closed:
                raise Closed
            return self._idle.pop()

    def _give_back(self, worker: Worker | None) -> None:
        if worker is not None and not self._is_fit(worker):
            self._discard(worker)
            worker = None
        with self._changed:
            self._idle.append(worker)
            self._changed.notify()

    def _is_fit(self, worker: Worker) -> bool:
        """Say whether a worker may take another call: alive, and not grown beyond half of what it may hold."""
        return not self._closed and worker.alive and worker.resident_bytes < self._limits.memory_bytes // 2

    def _start(self) -> Worker:
        with self._changed:
            if self._closed:
                raise Closed
            worker = Worker(self._setup, self._arguments, self._limits)
            self._all.add(worker)
        return worker

    def _discard(self, worker: Worker | None) -> None:
        if worker is not None:
            with self._changed:
                self._all.discard(worker)
            worker.close()


def _has_died(failed: CallFailed | SetUpFailed) -> bool:
    cause = failed.cause if isinstance(failed, SetUpFailed) else failed
    return isinstance(cause, CallFailed) and cause.ending is Ending.DIED
