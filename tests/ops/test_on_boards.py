# SPDX-License-Identifier: Apache-2.0
"""Operators that move, reduce or resize on emulated cores: some cases of each, all in one program for a board."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from harness.testing.batch import merge
from harness.testing.board import missing_tools, run_on_board
from harness.testing.operators import Case, OperatorContract, differing_cases, render_case, standard_feeds
from tests.ops.moving import HostContract

_STEPS = 5


def contracts() -> list[type[OperatorContract]]:
    """Find the contracts of this folder that run on the host only."""
    found: list[type[OperatorContract]] = []
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        if path.stem == Path(__file__).stem:
            continue
        module = importlib.import_module(f"tests.ops.{path.stem}")
        found += [
            value
            for value in vars(module).values()
            if isinstance(value, type) and issubclass(value, HostContract) and value.__module__ == module.__name__
        ]
    return found


def run(board: str, count: int, folder: Path) -> None:
    """Compare the first cases of every operator and type with the reference."""
    if reason := missing_tools(board):
        pytest.skip(reason)
    models = [
        (f"{contract.operator} {dtype} case {number}", model)
        for contract in contracts()
        for dtype in contract.dtypes
        for number, model in enumerate(contract().models(dtype, count))
    ]
    assert len(models) > 30 * count
    cases = [
        Case(name=name, model=model, rendered=render_case(model, number, board))
        for number, (name, model) in enumerate(models)
    ]
    sets = [standard_feeds(cases, step) for step in range(_STEPS)]
    outputs = run_on_board(merge([case.rendered for case in cases]), board, folder, sets)
    differing = [differing_cases(cases, inputs, got) for inputs, got in zip(sets, outputs, strict=True)]
    assert differing == [{}] * _STEPS


@pytest.mark.parametrize("board", ["mps2_an386", "riscv32_virt"])
def test_a_sample_of_every_operator_equals_the_reference_on_an_emulated_core(board: str, tmp_path: Path) -> None:
    run(board, 1, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("board", ["mps2_an386", "riscv32_virt", "xtensa_lx106_sim"])
def test_more_cases_of_every_operator_equal_the_reference_on_an_emulated_core(board: str, tmp_path: Path) -> None:
    run(board, 4, tmp_path)
