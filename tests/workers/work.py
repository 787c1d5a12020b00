# SPDX-License-Identifier: Apache-2.0
"""What the workers of these tests do: one function, chosen by a word."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.errors import DoesNotFit

Work = Callable[..., object]


def open_work(label: str = "") -> Work:
    """Set up: remember a label, count the calls."""
    calls: list[str] = []
    kept: list[bytearray] = []

    def work(what: str, *facts: object, watch: Callable[[str], None], ask: Callable[[Any], Any]) -> object:
        watch(what)
        calls.append(what)
        if what == "ask":
            return "told", ask(facts[0])
        if what == "keep":
            kept.append(bytearray(int(str(facts[0]))))
        return DEEDS[what](*facts) if what in DEEDS else (label, os.getpid(), len(calls))

    return work


def fail_to_open() -> Work:
    raise ValueError("no set-up today")


def _raise() -> None:
    raise ZeroDivisionError("on purpose")


def _refuse() -> None:
    raise DoesNotFit("too large", missing_bytes=640, hint="make it smaller", log="long story")


def _loop() -> None:
    while True:
        pass


def _hoard() -> None:
    kept = []
    while True:
        kept.append(bytearray(16 << 20))


def _die(marker: str = "") -> str:
    """Die by a signal; where a file is named, only where it is not there yet."""
    if marker and Path(marker).exists():
        return "second life"
    if marker:
        Path(marker).touch()
    print("last words", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
    return ""


DEEDS: dict[str, Callable[..., object]] = {
    "raise": _raise,
    "refuse": _refuse,
    "loop": _loop,
    "hoard": _hoard,
    "die": _die,
    "crash": os.abort,
    "leave": lambda: sys.exit(3),
}
