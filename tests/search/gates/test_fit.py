# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from harness.boards import Board, load_board
from harness.footprint import fit as fit_of
from harness.records import Candidate
from harness.search import Limit, parse_limits
from harness.search.gates import Subject, fit
from harness.train import Bound
from tests.conftest import ROOT

DIGITS = (ROOT / "examples" / "digits.tflite").read_bytes()
BOARD = load_board("mps2_an386")
SIZE = fit_of(DIGITS, BOARD)
DIGITS_INPUT_BYTES = 64
CANDIDATE = Candidate(task_key="0" * 64, family="f", parameters=(), compression=(), seed=0)


def subject(*limits: str, boards: tuple[str, ...] = ("mps2_an386",)) -> Subject:
    loaded = tuple(load_board(board) for board in boards)
    parsed = parse_limits(limits, ("accuracy",), loaded)
    return subject_on(loaded, parsed)


def subject_on(
    boards: tuple[Board, ...],
    limits: tuple[Limit, ...],
    *,
    bound: Bound | None = None,
    convert: Callable[[], bytes] = lambda: DIGITS,
) -> Subject:
    return Subject(
        candidate=CANDIDATE, bound=bound, convert=convert, boards=boards, limits=limits, measure=lambda _board: None
    )


@pytest.mark.parametrize(
    ("limit", "useful"),
    [("ram<=4KiB", True), ("flash.weights_bytes<=1kB", True), ("instructions<=1k", False), ("accuracy>=0.9", False)],
)
def test_on_a_large_board_it_is_useful_where_a_limit_is_on_memory(limit: str, useful: bool) -> None:
    assert fit.is_useful((BOARD,), parse_limits([limit], ("accuracy",), (BOARD,))) is useful


def test_on_a_small_board_it_is_useful_without_limits() -> None:
    assert fit.is_useful((load_board("microbit"),), ())
    assert not fit.is_useful((BOARD, load_board("host")), ())


def test_what_fits_and_keeps_to_its_limits_goes_on() -> None:
    limits = (f"ram<={SIZE.ram.bytes}", f"flash<={SIZE.flash.bytes}", f"flash.weights_bytes<={SIZE.weights_bytes}")
    assert fit.reasons(subject(*limits, boards=("mps2_an386", "microbit"))) == ()


def test_what_only_an_estimate_says_to_be_too_much_goes_on() -> None:
    assert SIZE.ram.exact_bytes < SIZE.ram.bytes - 1
    assert fit.reasons(subject(f"ram<={SIZE.ram.bytes - 1}")) == ()


def test_exact_bytes_beyond_a_limit_stop_it_with_the_size_of_the_violation() -> None:
    bound = int(SIZE.ram.exact_bytes / (1 + fit.MARGIN)) - 1
    assert fit.reasons(subject(f"ram<={bound + 2}")) == ()
    (reason,) = fit.reasons(subject(f"ram<={bound}"))
    assert (reason.kind, reason.board) == ("LimitViolated", "mps2_an386")
    assert reason.violation == pytest.approx(SIZE.ram.bytes / bound - 1)
    assert (
        f"at least {SIZE.ram.exact_bytes:,} bytes, by estimate {SIZE.ram.bytes:,} in all, untrained" in reason.message
    )
    (weights,) = fit.reasons(subject(f"flash.weights_bytes<={SIZE.weights_bytes // 2}"))
    assert weights.violation == pytest.approx(1.0, rel=0.01)


def test_a_memory_that_is_too_small_stops_it_with_the_bytes_that_are_missing() -> None:
    small = tuple(replace(m, size_bytes=m.size_bytes if m.kind == "flash" else 512) for m in BOARD.memories)
    judged = subject_on((replace(BOARD, memories=small),), ())
    reasons = fit.reasons(judged)
    assert {reason.kind for reason in reasons} == {"DoesNotFit"}
    assert all(reason.violation > 1 for reason in reasons)


def no_conversion() -> bytes:
    raise AssertionError("it is converted")


LEAST = Bound(
    weights_bytes=SIZE.weights_bytes, activations_bytes=SIZE.activations_bytes, input_bytes=DIGITS_INPUT_BYTES
)


def test_what_is_known_before_the_conversion_decides_without_it() -> None:
    for text in (f"flash.weights_bytes<={SIZE.weights_bytes // 2}", f"ram<={SIZE.ram.exact_bytes // 2}"):
        limits = parse_limits([text], ("accuracy",), (BOARD,))
        (early,) = fit.reasons(subject_on((BOARD,), limits, bound=LEAST, convert=no_conversion))
        (late,) = fit.reasons(subject_on((BOARD,), limits))
        assert (early.kind, early.board, early.stage) == (late.kind, late.board, late.stage)
        assert early.violation == pytest.approx(late.violation)


def test_where_that_does_not_decide_the_converted_model_does() -> None:
    limits = parse_limits([f"flash.weights_bytes<={SIZE.weights_bytes // 2}"], ("accuracy",), (BOARD,))
    little = dataclasses.replace(LEAST, weights_bytes=10)
    assert fit.reasons(subject_on((BOARD,), limits, bound=little)) == fit.reasons(subject_on((BOARD,), limits))
    assert fit.reasons(subject_on((BOARD,), (), bound=little)) == ()


def test_a_tensor_that_no_memory_holds_does_not_fit_and_one_that_some_does_is_counted_to_none() -> None:
    several = load_board("mps3_an547")
    memories = several.memory_for("activations")
    assert len(memories) > 1
    block = max(memory.block_bytes for memory in memories)
    for size, kinds in ((2 * block, {"DoesNotFit"}), (block, set[str]())):
        bound = dataclasses.replace(LEAST, activations_bytes=size)
        found = fit.reasons(subject_on((several,), (), bound=bound))
        assert {reason.kind for reason in found} == kinds
