# SPDX-License-Identifier: Apache-2.0
"""What the reference models cost on emulated cores: counts and sizes are exact, so bars lie just above them."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from harness.pipeline import BenchRequest, bench_model
from harness.records import Cycles, FlashUse, Measurement, RamUse
from harness.store import open_store
from harness.testing.board import missing_tools
from tests.store.examples import measurement

CORTEX_M0 = str(Path(__file__).resolve().parents[3] / "benchmarks" / "boards" / "cortex_m0_on_an385.toml")
INSTRUCTIONS = {
    "mps2_an386": {"kws": 3_100_000, "ic": 12_800_000, "vww": 5_600_000, "ad": 365_000, "sww": 950_000},
    "mps3_an547": {"kws": 780_000, "ic": 2_200_000, "vww": 1_730_000, "ad": 46_000, "sww": 184_000},
    "mps2_an385": {"kws": 7_500_000, "ic": 29_900_000, "vww": 13_400_000, "ad": 700_000, "sww": 2_100_000},
    "riscv32_virt": {"kws": 9_000_000, "ic": 38_400_000, "vww": 14_800_000, "ad": 925_000, "sww": 2_650_000},
    "xtensa_lx106_sim": {"kws": 15_600_000, "ic": 61_500_000, "vww": 28_500_000, "ad": 1_180_000, "sww": 4_300_000},
    CORTEX_M0: {"kws": 12_800_000, "ic": 46_900_000, "vww": 25_600_000, "ad": 1_100_000, "sww": 3_400_000},
}
# Modelled, with a flash that has wait states. Wanted were 5.7, 21.8, 11.7 and 0.80 million.
CYCLES = {"mps2_an386": {"kws": 5_180_000, "ic": 21_600_000, "vww": 9_100_000, "ad": 795_000, "sww": 1_610_000}}
OTHER_CORES = ("mps2_an385", "riscv32_virt", "xtensa_lx106_sim", CORTEX_M0)
RAM_BYTES = {"mps2_an386": {"kws": 9_500, "ic": 36_500, "vww": 41_000, "ad": 900, "sww": 4_800}}  # of the model
WEIGHTS = {"vww": 0.5}  # at most, as a share of the file; of the others all of it
CODE_BYTES = 24 * 1024
STACK_BYTES = 1024


def bench(model: Path, board: str, folder: Path) -> Measurement:
    if reason := missing_tools(board):
        pytest.skip(reason)
    outcome = bench_model(BenchRequest(model=model, name=model.name, board=board), lambda: open_store(folder)).outcome
    assert outcome.measurement is not None, outcome.failure
    return outcome.measurement


def broken(found: Measurement, model: Path, board: str) -> list[str]:
    """Return the figures of a measurement that are above their bars."""
    assert found.verification.verified
    assert found.instructions is not None
    bars = {
        "instructions": (found.instructions.value, INSTRUCTIONS[board][model.stem]),
        "RAM": (found.ram.model_bytes, RAM_BYTES.get(board, {}).get(model.stem, math.inf)),
        "stack": (found.ram.stack_bytes, STACK_BYTES),
        "weights": (found.flash.weights_bytes, model.stat().st_size * WEIGHTS.get(model.stem, 1.0)),
        "code": (found.flash.code_bytes, CODE_BYTES),
    }
    if board in CYCLES:
        assert found.cycles is not None
        bars["cycles"] = (found.cycles.flash_wait, CYCLES[board][model.stem])
    return [f"{name}: {value:,} of {bar:,}" for name, (value, bar) in bars.items() if value > bar]


def test_each_figure_above_its_bar_is_told(tmp_path: Path) -> None:
    model = tmp_path / "vww.tflite"
    model.write_bytes(bytes(1000))
    sound = measurement(1)
    assert sound.instructions is not None
    good = replace(
        sound,
        instructions=replace(sound.instructions, value=5_000_000),
        cycles=Cycles(zero_wait=1, flash_wait=9_000_000, source="table"),
        ram=RamUse(model_bytes=41_000, stack_bytes=1024, total_bytes=50_000),
        flash=FlashUse(weights_bytes=500, code_bytes=24 * 1024, total_bytes=30_000),
    )
    assert broken(good, model, "mps2_an386") == []
    bad = {
        "instructions": replace(good, instructions=replace(sound.instructions, value=5_600_001)),
        "cycles": replace(good, cycles=Cycles(zero_wait=1, flash_wait=9_100_001, source="table")),
        "RAM": replace(good, ram=replace(good.ram, model_bytes=41_001)),
        "stack": replace(good, ram=replace(good.ram, stack_bytes=1025)),
        "weights": replace(good, flash=replace(good.flash, weights_bytes=501)),
        "code": replace(good, flash=replace(good.flash, code_bytes=24 * 1024 + 1)),
    }
    for name, found in bad.items():
        (told,) = broken(found, model, "mps2_an386")
        assert told.startswith(f"{name}: ")


@pytest.mark.parametrize(
    ("board", "name"),
    [("mps2_an386", "kws"), ("mps2_an386", "ad"), ("mps2_an386", "sww"), ("mps3_an547", "kws"), ("mps3_an547", "ad")],
)
def test_a_small_model_keeps_its_counts(board: str, name: str, shared_models: dict[str, Path], tmp_path: Path) -> None:
    assert broken(bench(shared_models[name], board, tmp_path), shared_models[name], board) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("board", "name"),
    [("mps2_an386", "ic"), ("mps2_an386", "vww"), ("mps3_an547", "ic"), ("mps3_an547", "vww"), ("mps3_an547", "sww")],
)
def test_a_large_model_keeps_its_counts(board: str, name: str, shared_models: dict[str, Path], tmp_path: Path) -> None:
    assert broken(bench(shared_models[name], board, tmp_path), shared_models[name], board) == []


@pytest.mark.parametrize("name", ["ad", "sww"])
@pytest.mark.parametrize("board", OTHER_CORES, ids=lambda board: Path(board).stem)
def test_a_small_model_keeps_its_counts_on_other_cores(
    board: str, name: str, shared_models: dict[str, Path], tmp_path: Path
) -> None:
    assert broken(bench(shared_models[name], board, tmp_path), shared_models[name], board) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["kws", "ic", "vww"])
@pytest.mark.parametrize("board", OTHER_CORES, ids=lambda board: Path(board).stem)
def test_a_large_model_keeps_its_counts_on_other_cores(
    board: str, name: str, shared_models: dict[str, Path], tmp_path: Path
) -> None:
    assert broken(bench(shared_models[name], board, tmp_path), shared_models[name], board) == []
