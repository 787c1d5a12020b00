# SPDX-License-Identifier: Apache-2.0
"""Operators with state on emulated cores: a case of each type, all in one program for a board, without a reset."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from harness.testing.batch import merge
from harness.testing.board import missing_tools, run_on_board
from harness.testing.operators import Case, render_case
from harness.testing.stateful import StatefulContract, differing_sequences, finite_feeds

_STEPS = 8


def contracts() -> list[type[StatefulContract]]:
    """Find the contracts of this folder whose operators have state."""
    found: list[type[StatefulContract]] = []
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        if path.stem == Path(__file__).stem:
            continue
        module = importlib.import_module(f"tests.ops.{path.stem}")
        found += [
            value
            for name, value in vars(module).items()
            if name.startswith("Test") and isinstance(value, type) and issubclass(value, StatefulContract)
        ]
    return found


@pytest.mark.parametrize("board", ["mps2_an386", "riscv32_virt"])
def test_a_sequence_of_every_operator_with_state_equals_the_reference_on_an_emulated_core(
    board: str, tmp_path: Path
) -> None:
    if reason := missing_tools(board):
        pytest.skip(reason)
    models = [
        (f"{contract.operator} {dtype}", contract().models(dtype, 1)[0])
        for contract in contracts()
        for dtype in contract.dtypes
    ]
    cases = [
        Case(name=name, model=model, rendered=render_case(model, number, board))
        for number, (name, model) in enumerate(models)
    ]
    assert len(cases) >= 6
    sets = [finite_feeds(cases, step) for step in range(_STEPS)]
    batch = merge([case.rendered for case in cases])
    got = run_on_board(batch, board, tmp_path, sets, keeps_state=True)
    assert differing_sequences(cases, sets, got) == {}
