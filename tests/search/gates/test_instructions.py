# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import pytest

from harness.boards import load_board
from harness.records import Candidate, CompressionStep, Measurement
from harness.search import parse_limits
from harness.search.gates import Subject, instructions
from tests.search.fakes import make_measurement

BOARD = load_board("mps2_an386")  # has a unit for floats
SOFT = load_board("mps2_an385")
INT8 = CompressionStep(name="int8")
REMOVED = CompressionStep(name="filter_pruning", parameters=(("fraction", 0.5),))
MAGNITUDE = CompressionStep(name="magnitude_pruning", parameters=(("sparsity", 0.5),))


def subject(counted: float | None, limit: str, *steps: CompressionStep, board: str = "mps2_an386") -> Subject:
    def measure(_board: str) -> Measurement | None:
        if counted is None:
            return None
        measurement = make_measurement("k", board)
        assert measurement.instructions is not None
        return replace(measurement, instructions=replace(measurement.instructions, value=counted))

    loaded = (load_board(board),)
    candidate = Candidate(task_key="0" * 64, family="f", parameters=(), compression=steps, seed=0)
    limits = parse_limits([limit], ("accuracy",), loaded)
    return Subject(candidate=candidate, bound=None, convert=bytes, boards=loaded, limits=limits, measure=measure)


def test_it_is_useful_where_a_limit_is_on_instructions() -> None:
    for limit, useful in (("instructions<=1M", True), ("ram<=1KiB", False)):
        assert instructions.is_useful((BOARD,), parse_limits([limit], (), (BOARD,))) is useful
    assert not instructions.is_useful((BOARD,), ())


def test_a_count_beyond_the_margin_stops_a_candidate() -> None:
    (reason,) = instructions.reasons(subject(1_500.0, "instructions<=1k", INT8))
    assert reason.kind == "LimitViolated"
    assert reason.violation == pytest.approx(0.5)
    assert "1,500 untrained" in reason.message


@pytest.mark.parametrize("counted", [999.0, 1_000.0, 1_040.0, None])
def test_what_keeps_to_the_limit_nearly_breaks_it_or_cannot_be_measured_goes_on(counted: float | None) -> None:
    assert instructions.reasons(subject(counted, "instructions<=1k", INT8)) == ()


def test_where_the_code_follows_the_weights_nothing_is_judged() -> None:
    assert instructions.reasons(subject(1e6, "instructions<=1k", MAGNITUDE, INT8)) == ()
    assert instructions.reasons(subject(1e6, "instructions<=1k", board="mps2_an385")) == ()  # floats in software
    assert instructions.reasons(subject(1e6, "instructions<=1k")) != ()
    assert instructions.reasons(subject(1e6, "instructions<=1k", REMOVED, INT8, board="mps2_an385")) != ()
