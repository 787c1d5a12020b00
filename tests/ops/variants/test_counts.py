# SPDX-License-Identifier: Apache-2.0
"""What the reference models cost on the emulated Cortex-M4: counts and sizes are exact, so bars lie just above them."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.pipeline import BenchRequest, bench_model
from harness.records import Measurement
from harness.store import open_store
from harness.testing.board import missing_tools

BOARD = "mps2_an386"
INSTRUCTIONS = {"kws": 3_150_000, "ic": 13_700_000, "vww": 5_650_000, "ad": 370_000, "sww": 960_000}
CODE_BYTES = 24 * 1024
STACK_BYTES = 1024


def bench(model: Path, folder: Path) -> Measurement:
    if reason := missing_tools(BOARD):
        pytest.skip(reason)
    outcome = bench_model(BenchRequest(model=model, name=model.name, board=BOARD), lambda: open_store(folder)).outcome
    assert outcome.measurement is not None, outcome.failure
    return outcome.measurement


def is_within(found: Measurement, model: Path) -> bool:
    assert found.verification.verified
    assert found.instructions is not None
    assert found.instructions.value <= INSTRUCTIONS[model.stem]
    assert found.ram.stack_bytes <= STACK_BYTES
    assert found.flash.weights_bytes <= model.stat().st_size
    assert found.flash.code_bytes <= CODE_BYTES
    return True


@pytest.mark.parametrize("name", ["kws", "ad", "sww"])
def test_a_small_model_keeps_its_counts(name: str, shared_models: dict[str, Path], tmp_path: Path) -> None:
    assert is_within(bench(shared_models[name], tmp_path), shared_models[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ic", "vww"])
def test_a_large_model_keeps_its_counts(name: str, shared_models: dict[str, Path], tmp_path: Path) -> None:
    assert is_within(bench(shared_models[name], tmp_path), shared_models[name])
