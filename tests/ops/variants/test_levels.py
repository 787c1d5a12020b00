# SPDX-License-Identifier: Apache-2.0
"""Optimise levels: what they cost in code and in instructions, and that a level that there is not is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.boards import load_board
from harness.errors import UserError
from harness.pipeline import BenchRequest, bench_model
from harness.runtimes.codegen import RUNTIME
from harness.store import open_store
from harness.testing.board import missing_tools
from tests.runtimes.models import small_network

LEVELS = ("speed", "balanced", "size")


def costs(model: Path, board: str, folder: Path) -> list[tuple[int, float]]:
    """Return bytes of code and instructions at each level; a deployment of each level is one of its own."""
    if reason := missing_tools(board):
        pytest.skip(reason)
    found = []
    deployments = set()
    for level in LEVELS:
        request = BenchRequest(model=model, name=model.name, board=board, optimize=level)
        outcome = bench_model(request, lambda: open_store(folder)).outcome
        assert outcome.measurement is not None, outcome.failure
        assert outcome.measurement.verification.verified
        assert outcome.measurement.instructions is not None
        found.append((outcome.measurement.flash.code_bytes, outcome.measurement.instructions.value))
        assert outcome.deployment is not None
        deployments.add(outcome.deployment.key)
    assert len(deployments) == len(LEVELS)
    return found


def check(found: list[tuple[int, float]]) -> None:
    code = [size for size, _ in found]
    assert code == sorted(code, reverse=True)
    assert len(set(code)) == len(LEVELS)
    assert found[0][1] < found[-1][1]


def test_size_takes_less_code_than_balanced_and_balanced_less_than_speed(
    shared_models: dict[str, Path], tmp_path: Path
) -> None:
    check(costs(shared_models["ad"], "mps2_an386", tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("board", ["mps2_an386", "riscv32_virt"])
@pytest.mark.parametrize("name", ["kws", "vww"])
def test_so_it_is_for_larger_models(name: str, board: str, shared_models: dict[str, Path], tmp_path: Path) -> None:
    check(costs(shared_models[name], board, tmp_path))


def test_a_level_that_there_is_not_is_refused_with_the_nearest() -> None:
    with pytest.raises(UserError, match="no optimise level 'speeed'") as caught:
        RUNTIME.render(small_network(), load_board("host"), name="net", optimize="speeed")
    assert "speed" in str(caught.value.hint)
