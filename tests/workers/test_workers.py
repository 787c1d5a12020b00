# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import DoesNotFit
from harness.workers import CallFailed, Closed, Ending, Limits, Pool, SetUpFailed, Worker

SETUP = "tests.workers.work:open_work"
LIMITS = Limits(seconds=60, memory_bytes=160 << 20)


@pytest.fixture
def pool() -> Iterator[Pool]:
    with Pool(SETUP, ("warm",), size=1, limits=LIMITS) as opened:
        yield opened


def test_a_worker_stays_warm_and_tells_its_stages(pool: Pool) -> None:
    stages: list[str] = []
    first, second = (pool.call("count", watch=stages.append) for _ in range(2))
    assert first[0] == "warm"
    assert second == (first[0], first[1], 2)
    assert stages == ["count", "count"]


def test_a_call_may_ask_and_goes_on_with_the_answer_which_takes_none_of_its_time() -> None:
    def answer(question: int) -> int:
        time.sleep(1.2)
        return 2 * question

    with Pool(SETUP, ("warm",), size=1, limits=Limits(seconds=1, memory_bytes=160 << 20)) as pool:
        first = pool.call("count")
        assert pool.call("ask", 21, answer=answer) == ("told", 42)
        assert pool.call("count")[1] == first[1]


def test_where_the_answer_fails_its_error_is_raised_and_the_worker_replaced(pool: Pool) -> None:
    def answer(_question: int) -> int:
        raise DoesNotFit("no answer", missing_bytes=1)

    first = pool.call("count")
    with pytest.raises(DoesNotFit, match="no answer"):
        pool.call("ask", 1, answer=answer)
    with pytest.raises(RuntimeError, match="nobody answers"):
        pool.call("ask", 1)
    assert pool.call("count")[1] != first[1]


def test_an_error_of_ours_arrives_as_it_was_raised(pool: Pool) -> None:
    with pytest.raises(DoesNotFit) as raised:
        pool.call("refuse")
    error = raised.value
    assert (error.message, error.missing_bytes, error.hint, error.log) == (
        "too large",
        640,
        "make it smaller",
        "long story",
    )


@pytest.mark.parametrize(("what", "says"), [("raise", "ZeroDivisionError: on purpose"), ("leave", "SystemExit: 3")])
def test_any_other_error_arrives_with_its_trace_and_the_worker_goes_on(pool: Pool, what: str, says: str) -> None:
    with pytest.raises(CallFailed) as raised:
        pool.call(what)
    assert (raised.value.ending, raised.value.message) == (Ending.RAISED, says)
    assert "work.py" in raised.value.trace
    assert Path(raised.value.files[-1]).name == "work.py"
    assert pool.call("count")[2] == 2


def test_a_set_up_that_fails_says_why(tmp_path: Path) -> None:
    with Pool("tests.workers.work:fail_to_open", (), size=1, limits=LIMITS) as pool:
        with pytest.raises(SetUpFailed, match="no set-up today"):
            pool.call("count")


def test_a_loop_ends_at_the_time_limit_with_the_place_where_it_was() -> None:
    with Pool(SETUP, (), size=1, limits=Limits(seconds=0.5, memory_bytes=160 << 20)) as pool:
        before = pool.call("count")[1]
        with pytest.raises(CallFailed, match=r"within 0\.5 s") as raised:
            pool.call("loop")
        assert raised.value.ending is Ending.LATE
        assert "in _loop" in raised.value.trace
        assert not Path(f"/proc/{before}").exists()
        assert pool.call("count")[1:] != (before, 2)


def test_memory_ends_at_its_limit_with_the_trace_and_the_worker_is_replaced(pool: Pool) -> None:
    before = pool.call("count")[1]
    with pytest.raises(CallFailed) as raised:
        pool.call("hoard")
    assert raised.value.ending is Ending.MEMORY
    assert "in _hoard" in raised.value.trace
    assert pool.call("count")[1] != before


def test_a_worker_that_has_grown_is_replaced(pool: Pool) -> None:
    before = pool.call("keep", 1 << 20) and pool.call("count")[1]
    pool.call("keep", 90 << 20)
    assert pool.call("count")[1] != before
    assert not Path(f"/proc/{before}").exists()


def test_a_call_whose_worker_is_killed_is_made_again_in_a_new_one(pool: Pool, tmp_path: Path) -> None:
    assert pool.call("die", str(tmp_path / "died")) == "second life"


def test_a_worker_that_was_killed_while_idle_is_replaced_in_silence(pool: Pool) -> None:
    before = pool.call("count")[1]
    os.kill(before, 9)
    assert pool.call("count")[2] == 1


@pytest.mark.parametrize(
    ("what", "ended", "printed"), [("die", "signal 9", "last words"), ("crash", "signal 6", "in work")]
)
def test_a_call_that_kills_two_workers_says_how_they_ended_and_what_they_printed(
    pool: Pool, what: str, ended: str, printed: str
) -> None:
    with pytest.raises(CallFailed, match=ended) as raised:
        pool.call(what)
    assert raised.value.ending is Ending.DIED
    assert printed in raised.value.trace


def test_two_threads_have_a_worker_each_and_a_third_waits() -> None:
    with Pool(SETUP, (), size=2, limits=LIMITS) as pool:
        found: set[int] = set()
        threads = [threading.Thread(target=lambda: found.add(pool.call("count")[1])) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert 1 <= len(found) <= 2
    assert not any(Path(f"/proc/{pid}").exists() for pid in found)


def test_closing_ends_a_call_that_is_under_way() -> None:
    opened = Pool(SETUP, (), size=1, limits=LIMITS)
    errors: list[BaseException] = []
    stages: list[str] = []

    def work() -> None:
        try:
            opened.call("loop", watch=stages.append)
        except Closed as error:
            errors.append(error)

    with opened:
        thread = threading.Thread(target=work)
        thread.start()
        while not stages:
            time.sleep(0.01)
    thread.join(10)
    assert len(errors) == 1
    with pytest.raises(Closed):
        opened.call("count")


def test_closing_a_worker_twice_is_fine() -> None:
    worker = Worker(SETUP, (), LIMITS)
    worker.close()
    worker.close()
    assert not worker.alive
