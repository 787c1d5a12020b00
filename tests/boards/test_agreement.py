# SPDX-License-Identifier: Apache-2.0
"""The same model, core and flags in two emulators, the chip's and stock QEMU: the same counts and the same bytes.

Renode shares no code with QEMU; Espressif's QEMU runs another image, at other addresses, than the stock one.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.boards import load_board
from harness.pipeline import BenchRequest, bench_model
from harness.records import Failure, Measurement
from harness.store import Store, open_store
from harness.testing.board import missing_tools
from tests.conftest import ROOT

DIGITS = ROOT / "examples" / "digits.tflite"
PAIRS = {  # the chip, and the board with its core that stock QEMU emulates
    "disco_f407vg": "mps2_an386",
    "nrf52840_dk": "mps2_an386",
    "nucleo_h743zi": "mps2_an500",
    "disco_f072rb": "microbit",
    "hifive1": "riscv32_virt",
    "esp32": "xtensa_lx106_sim",
    "esp32c3": "riscv32_virt",
    "esp32s3": "xtensa_lx106_sim",
}
TOO_LARGE = {
    ("disco_f072rb", "ad"),
    ("disco_f072rb", "ic"),
    ("disco_f072rb", "vww"),
    ("hifive1", "ic"),
    ("hifive1", "vww"),
}
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """One store for all, so that what several chips are compared with is measured once."""
    return open_store(tmp_path_factory.mktemp("agreement") / "results")


def bench(model: Path, board: str, store: Store) -> Measurement | Failure:
    real = load_board(board).kind == "real"
    request = BenchRequest(model=model, name=model.name, board=board, estimate=real)
    outcome = bench_model(request, lambda: store).outcome
    found = outcome.measurement or outcome.failure
    assert found is not None
    return found


def assert_agreement(model: Path, chip: str, store: Store) -> None:
    one, two = bench(model, chip, store), bench(model, PAIRS[chip], store)
    assert isinstance(one, Measurement), one
    assert isinstance(two, Measurement), two
    assert dict(one.environment)["machine"] == chip, "it ran on the chip's own image, not on a stand-in's"
    assert one.verification.verified
    assert [(layer.name, layer.instructions) for layer in one.layers] == [
        (layer.name, layer.instructions) for layer in two.layers
    ]
    assert one.instructions is not None
    assert two.instructions is not None
    assert one.instructions.value == two.instructions.value
    assert one.output_sha256 == two.output_sha256


@pytest.fixture(autouse=True)
def _both_are_here(request: pytest.FixtureRequest) -> None:
    chip = request.node.callspec.params["chip"]
    if reason := missing_tools(chip) or missing_tools(PAIRS[chip]):
        pytest.skip(reason)


@pytest.mark.parametrize("chip", PAIRS)
def test_the_sample_model_counts_the_same_in_both(chip: str, store: Store) -> None:
    assert_agreement(DIGITS, chip, store)


@pytest.mark.parametrize("chip", PAIRS)
@pytest.mark.parametrize("name", ["kws", "ic", "vww", "ad", "sww"])
def test_every_reference_model_that_fits_counts_the_same_in_both(
    name: str, chip: str, shared_models: dict[str, Path], store: Store
) -> None:
    if (chip, name) in TOO_LARGE:
        found = bench(shared_models[name], chip, store)
        assert isinstance(found, Failure)
        assert found.kind == "DoesNotFit"
        return
    assert_agreement(shared_models[name], chip, store)
