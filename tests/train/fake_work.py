# SPDX-License-Identifier: Apache-2.0
"""What a process that trains does in these tests: whatever the candidate's family is called, without TensorFlow."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from harness.errors import BadTask, ToolError
from harness.records import Candidate
from harness.train import Halted, Rung, Verdict
from harness.train.evaluate import dequantized


def open_work(task: str, given: object, key: str) -> Callable[..., object]:
    """Set up; a task of another name than "fake" cannot be loaded."""
    if task == "broken":
        raise BadTask("it has no data", hint="Give it some.")
    if task == "worse":
        raise ValueError("nonsense")

    def work(what: str, candidate: Candidate, *, watch: Callable[[str], None], ask: Callable[[Any], Any]) -> object:
        watch("train")
        if what == "produce in rungs":
            rung = Rung(epochs=5, scores=())
            return Halted(0.5) if ask(rung) is Verdict.STOP else DEEDS[candidate.family]()
        return DEEDS[candidate.family]()

    return work


def _raise() -> None:
    raise ValueError("shapes (3,) and (4,)\nand a second line")


def _loop() -> None:
    while True:
        pass


def _hoard() -> None:
    kept = []
    while True:
        kept.append(bytearray(64 << 20))


def _refuse() -> None:
    raise ToolError("the training diverged", log="nan")


def _fill() -> None:
    raise OSError(28, "No space left on device")


def _bug() -> None:
    nothing: Any = None
    values: Sequence[Any] = [nothing]
    dequantized(values[0], values[0])


DEEDS: dict[str, Callable[[], object]] = {
    "raise": _raise,
    "loop": _loop,
    "hoard": _hoard,
    "refuse": _refuse,
    "fill": _fill,
    "bug": _bug,
    "crash": os.abort,
}
