# SPDX-License-Identifier: Apache-2.0
"""Several trials at once, each in a thread; all that they say comes to the one thread that runs the search."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Any, TypeAlias

from harness.search.request import Moment
from harness.search.tools import Note, TrialEnd

Job: TypeAlias = Callable[[Note], TrialEnd]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a trial says while it is under way."""

    number: int
    moment: Moment
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A trial has ended, or was ended by an error."""

    number: int
    end: TrialEnd | None = None
    error: BaseException | None = None


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The user has pressed Ctrl-C once."""


Message: TypeAlias = Said | Done | Interrupted


class _Abandoned(BaseException):
    """Ends a trial's thread at its next stage: nobody waits for it."""


class Lanes:
    """Runs up to ``count`` trials at once."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._inbox: SimpleQueue[Message] = SimpleQueue()
        self._threads: dict[int, threading.Thread] = {}
        self._abandoned = threading.Event()

    @property
    def numbers(self) -> tuple[int, ...]:
        """Numbers of the trials under way."""
        return tuple(sorted(self._threads))

    @property
    def has_room(self) -> bool:
        return len(self._threads) < self._count

    def start(self, number: int, job: Job) -> None:
        """Begin a trial; ``job`` is given what passes its events on."""
        thread = threading.Thread(target=self._work, args=(number, job), name=f"harness-trial-{number}", daemon=True)
        self._threads[number] = thread
        thread.start()

    def next_message(self, *, wait_seconds: float) -> Message | None:
        """Return the next message, or None where there is none for so long."""
        try:
            message = self._inbox.get(timeout=wait_seconds)
        except Empty:
            return None
        if isinstance(message, Done):
            self._threads.pop(message.number).join()
        return message

    def abandon(self) -> None:
        """Let the trials under way end at their next stage, unheard."""
        self._abandoned.set()

    @contextmanager
    def heeding_interrupts(self) -> Iterator[None]:
        """Make the first Ctrl-C a message, and any further one a KeyboardInterrupt.

        Left alone where this is not the main thread, or where the application has its own way with it.
        """
        is_main = threading.current_thread() is threading.main_thread()
        if not is_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
            yield
            return

        def heed(_number: int, _frame: FrameType | None) -> None:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self._inbox.put(Interrupted())  # SimpleQueue may be entered again while it is at work

        signal.signal(signal.SIGINT, heed)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _work(self, number: int, job: Job) -> None:
        def note(moment: Moment, **facts: Any) -> None:
            if self._abandoned.is_set():
                raise _Abandoned
            self._inbox.put(Said(number=number, moment=moment, facts=facts))

        try:
            self._inbox.put(Done(number=number, end=job(note)))
        except BaseException as error:
            self._inbox.put(Done(number=number, error=error))
