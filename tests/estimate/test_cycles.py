# SPDX-License-Identifier: Apache-2.0
"""Cycles of counted classes: the formula, the Cortex-M4's table against the baseline's classes and against silicon."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from harness.boards import Core, board_ids, load_board
from harness.emulation import CLASSES, FLASH_SCATTERED, FLASH_SEQUENTIAL
from harness.errors import BadBoard
from harness.estimate import price_cycles
from harness.records import How

BASELINE_CYCLES = {"kws": 9.6e6, "ic": 38.5e6, "vww": 30.5e6, "ad": 0.75e6}
# NUCLEO-L4R5ZI at 120 MHz, microTVM with CMSIS-NN (MLPerf Tiny results).
SILICON_CYCLES = {"kws": 11.977e6, "ic": 46.752e6, "vww": 36.144e6, "ad": 1.0326e6}
# Columns of the baseline that are named otherwise here. A return by POP is among its bx_ret as well as its ldm.
_RENAMED = {
    "bx_ret": "bx",
    "ld_region_change": "region_change",
    "unal_ld": "unaligned_ld",
    "unal_st": "unaligned_st",
    "r0_ld": FLASH_SCATTERED,
}
_OTHER_CORES = {"vector", "lob"}


@pytest.fixture
def core() -> Core:
    return load_board("mps2_an386").core


def test_cycles_are_the_sum_of_prices_and_a_read_of_flash_costs_more(core: Core) -> None:
    classes = {"alu": 100, "bcond": 10, "bcond_taken": 9, "ldm": 2, "ldm_regs": 8, "load": 5, "load_pipelined": 3}
    reads = {FLASH_SEQUENTIAL: 6, FLASH_SCATTERED: 2}
    found = price_cycles(core, (classes | reads).items())
    assert found is not None
    assert found.zero_wait == 100 + 10 + 9 * 2 + 2 + 8 + 5 * 2 + 3
    assert found.flash_wait == found.zero_wait + 8 * 4.5
    assert found.how is How.MODELLED
    assert "Arm 100166" in found.source
    assert "NUCLEO-L4R5ZI" in found.source


@pytest.mark.parametrize("board_id", ["riscv32_virt", "mps3_an547", "host"])
def test_a_core_without_a_table_has_no_cycles(board_id: str) -> None:
    assert price_cycles(load_board(board_id).core, [("alu", 1)]) is None


def test_nothing_counted_has_no_cycles(core: Core) -> None:
    assert price_cycles(core, ()) is None


def test_a_class_without_a_price_is_named(core: Core) -> None:
    with pytest.raises(BadBoard, match="no price for 'vector', of which 7 were counted") as caught:
        price_cycles(core, [("alu", 1), ("vector", 7)])
    assert "cortex-m4f.toml" in caught.value.hint


def test_tables_of_cores_price_the_counters_classes_and_no_others() -> None:
    tables = {core.id: core.cycles for core in (load_board(board_id).core for board_id in board_ids()) if core.cycles}
    assert "cortex-m4f" in tables
    for table in tables.values():
        names = {name for name, _ in table.prices}
        assert names | _OTHER_CORES == set(CLASSES) - {FLASH_SEQUENTIAL, FLASH_SCATTERED} | _OTHER_CORES


def test_a_table_of_cycles_is_part_of_what_a_board_is(core: Core) -> None:
    board = load_board("mps2_an386")
    without = msgspec.structs.replace(board, core=msgspec.structs.replace(core, cycles=None))
    assert without.key != board.key  # figures priced by another table are not answered from the store


def test_the_baselines_classes_give_its_known_cycles(core: Core, shared_dir: Path) -> None:
    for model, classes in _baseline(shared_dir):
        found = price_cycles(core, classes.items())
        assert found is not None
        assert found.zero_wait == pytest.approx(BASELINE_CYCLES[model], rel=0.003)


def test_the_baselines_cycles_with_flash_are_near_silicon(core: Core, shared_dir: Path) -> None:
    for model, classes in _baseline(shared_dir):
        found = price_cycles(core, classes.items())
        assert found is not None
        assert -0.045 < found.flash_wait / SILICON_CYCLES[model] - 1 < 0.025


def _baseline(shared_dir: Path) -> Iterator[tuple[str, dict[str, int]]]:
    path = shared_dir / "baselines" / "tflm_m4_classes.csv"
    if not path.is_file():
        pytest.skip("the baseline's classes are absent from the shared folder")
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["kernels"] == "cmsis-nn":
                renamed = {_RENAMED.get(name, name): value for name, value in row.items()}
                yield row["model"], {name: int(value) for name, value in renamed.items() if name in CLASSES}
