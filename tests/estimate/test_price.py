# SPDX-License-Identifier: Apache-2.0
"""The price of counts: the formula, its interval, and that the shipped constant follows from published silicon."""

from __future__ import annotations

import csv
from math import hypot
from pathlib import Path

import pytest

from harness.boards import load_board
from harness.errors import BadBoard
from harness.estimate import fit_cycles_per_instruction, price
from harness.records import How

# NUCLEO-L4R5ZI at 120 MHz, microTVM with CMSIS-NN, millions of cycles (MLPerf Tiny results).
SILICON_CYCLES = {"kws": 11.977e6, "ic": 46.752e6, "vww": 36.144e6, "ad": 1.0326e6}


def test_a_price_is_modelled_and_comes_with_its_interval_and_source() -> None:
    board = load_board("nucleo_l4r5zi")
    assert board.estimate is not None
    latency, energy = price(board, 7_697_840, counted_on="mps2_an386")
    assert latency.how is energy.how is How.MODELLED
    assert latency.value == pytest.approx(7_697_840 * board.estimate.cycles_per_instruction / 120e6 * 1e6)
    assert energy.value == pytest.approx(latency.value * 1e-6 * 44.4e-3 * 1e6)
    assert latency.low == pytest.approx(latency.value * (1 - board.estimate.cycles_error))
    spread = hypot(board.estimate.cycles_error, board.estimate.power_error)
    assert energy.high == pytest.approx(energy.value * (1 + spread))
    assert "mps2_an386" in latency.source
    assert "1.8 V" in energy.source


def test_a_board_that_nobody_calibrated_has_no_price_and_says_so() -> None:
    with pytest.raises(BadBoard, match="esp32 has no price") as caught:
        price(load_board("esp32"), 1000, counted_on="esp32")
    assert "30 to 50 %" in caught.value.hint


def test_the_shipped_constant_is_what_a_fit_to_published_silicon_gives(shared_dir: Path) -> None:
    with (shared_dir / "baselines" / "tflm_cortex_m4.csv").open(newline="") as file:
        counted = {
            row["model"]: float(row["instructions"])
            for row in csv.DictReader(file)
            if row["stack"] == "TFLM + CMSIS-NN" and row["model"] in SILICON_CYCLES
        }
    constant, (lowest, highest) = fit_cycles_per_instruction(
        [counted[model] for model in SILICON_CYCLES], list(SILICON_CYCLES.values())
    )
    facts = load_board("nucleo_l4r5zi").estimate
    assert facts is not None
    assert facts.cycles_per_instruction == pytest.approx(constant, rel=0.005)
    assert lowest >= -0.10
    assert highest <= 0.07
    assert max(-lowest, highest) <= facts.cycles_error
