# SPDX-License-Identifier: Apache-2.0
"""Operators on a core whose int has 16 bits and whose weights lie in an address space of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from harness.errors import DoesNotFit, UnsupportedModel
from harness.testing.board import missing_tools
from harness.testing.operators import Case, OperatorContract, render_case
from harness.testing.packed import PackedContract
from tests.ops import avr
from tests.ops.contracts import contracts
from tests.ops.test_fully_connected import TestFullyConnected as Dense

RAM_BYTES = 4_500  # of a program, beside the stack and the link
MOST_CASES = 20  # of a program
CONTRACTS = {one.operator: one for one in contracts(OperatorContract)}


def cases_of(operator: str, dtype: str, count: int, *, first: int = 0) -> list[Case]:
    """Return the first cases of a type that the core and its memory hold, numbered from ``first``."""
    contract = CONTRACTS[operator]()
    found: list[Case] = []
    for number, model in enumerate(contract.models(dtype, count)):
        try:
            rendered = render_case(model, first + len(found), avr.BOARD)
        except (UnsupportedModel, DoesNotFit):
            continue
        fed = contract.singles(dtype, number + 1)[number].fed if isinstance(contract, PackedContract) else ()
        case = Case(name=f"{dtype} case {number}", model=model, rendered=rendered, operands=fed)
        if _needed_bytes(case) <= RAM_BYTES:
            found.append(case)
    return found


def programs(cases: Sequence[Case]) -> Iterator[list[Case]]:
    """Yield cases in programs that the memory holds."""
    program: list[Case] = []
    for case in cases:
        if len(program) == MOST_CASES or sum(map(_needed_bytes, [*program, case])) > RAM_BYTES:
            yield program
            program = []
        program.append(case)
    if program:
        yield program


def _needed_bytes(case: Case) -> int:
    rendered = case.rendered
    inputs = sum(-(-port.size_bytes // 16) * 16 for port in rendered.inputs)
    return sum(rendered.activations_bytes.values()) + inputs + 60


@pytest.fixture(autouse=True)
def tools() -> None:
    """Skip where the compiler or the emulator is missing."""
    if reason := missing_tools(avr.BOARD):
        pytest.skip(reason)


def test_operators_of_dense_networks_equal_the_reference_where_int_has_16_bits(tmp_path: Path) -> None:
    cases: list[Case] = []
    for operator, dtype in avr.QUICK:
        cases += cases_of(operator, dtype, 1, first=len(cases))
    assert len(cases) == len(avr.QUICK)
    for number, program in enumerate(programs(cases)):
        assert Dense().differing_on(avr.BOARD, program, tmp_path / str(number)) == {}


@pytest.mark.parametrize("dtype", ["int16", "hybrid"])
def test_a_layer_that_computes_in_double_precision_is_refused_before_anything_is_built(dtype: str) -> None:
    assert dtype in Dense.dtypes
    models = Dense().models(dtype, 8)
    with pytest.raises(
        UnsupportedModel, match=r"FULLY_CONNECTED \(operator 0 of the model\) computes in double precision"
    ):
        [render_case(model, number, avr.BOARD) for number, model in enumerate(models)]


@pytest.mark.slow
@pytest.mark.parametrize("operator", CONTRACTS)
def test_some_cases_of_every_operator_equal_the_reference_where_int_has_16_bits(operator: str, tmp_path: Path) -> None:
    cases: list[Case] = []
    for dtype in CONTRACTS[operator].dtypes:
        own = cases_of(operator, dtype, avr.MANY, first=len(cases))
        assert (dtype, len(own)) == (dtype, avr.slow_cases(operator, dtype))
        cases += own
    for number, program in enumerate(programs(cases)):
        assert CONTRACTS[operator]().differing_on(avr.BOARD, program, tmp_path / str(number)) == {}
