# SPDX-License-Identifier: Apache-2.0
"""Two processes that end a study at the same time: one checks its best, the other waits, and takes up what is left."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from harness import proc
from harness.finals import load_finals
from harness.store import open_store
from tests.conftest import ROOT
from tests.finals.fakes import HONEST, by_width, searched
from tests.finals.final_process import FINAL, SEEDS
from tests.search.test_processes import trained_by, wait_until


def start(folder: Path, label: str) -> proc.Child:
    command = [sys.executable, "-m", "tests.finals.final_process", str(folder), label]
    return proc.start(command, cwd=ROOT, stderr=None)


def test_one_of_two_processes_checks_and_the_other_takes_up_what_it_left_when_it_is_killed(shared: Path) -> None:
    with open_store(shared) as store:
        searched(store, by_width(HONEST))
    one = start(shared, "hanging")
    other = None
    try:
        wait_until(lambda: len(trained_by(shared, "hanging")) == 2)
        other = start(shared, "other")
        assert other.stdout is not None
        assert b"is at it" in other.stdout.readline()
        assert not proc.ended_within(other, 1.5)
        assert trained_by(shared, "other") == []
        os.kill(one.pid, signal.SIGKILL)
        assert proc.ended_within(other, 120)
        assert other.returncode == 0
        assert int(other.stdout.readline()) == FINAL * SEEDS - 1  # the cost is of what is left by then
    finally:
        proc.stop(one)
        if other is not None:
            proc.stop(other)

    with open_store(shared) as store:
        finals = load_finals(store, "s")
    assert finals is not None
    assert (len(finals.candidates), finals.seeds) == (FINAL, SEEDS)
    finished = trained_by(shared, "hanging")[:1] + trained_by(shared, "other")
    assert len(finished) == len(set(finished)) == FINAL * SEEDS  # each once; the one under way at the kill again


@pytest.mark.slow
def test_a_process_that_comes_when_all_is_checked_trains_nothing(shared: Path) -> None:
    with open_store(shared) as store:
        searched(store, by_width(HONEST))
    children = [start(shared, label) for label in ("one", "other")]
    try:
        assert [proc.ended_within(child, 120) for child in children] == [True, True]
    finally:
        for child in children:
            proc.stop(child)
    assert [child.returncode for child in children] == [0, 0]
    trained = trained_by(shared, "one") + trained_by(shared, "other")
    assert len(trained) == len(set(trained)) == FINAL * SEEDS
