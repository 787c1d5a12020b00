# SPDX-License-Identifier: Apache-2.0
"""What a search says before it begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.api._request import emulated
from harness.api._settings import RunSettings
from tests.firmware.conftest import need

ESPRESSIF = """\
#!/bin/sh
case $1 in
-machine) echo "esp32  Espressif ESP32 machine" ;;
*) echo version 9.2.2 ;;
esac
"""
UNPRICED = "; without a price for its instructions there is no latency, no energy"


@pytest.fixture
def espressif(tmp_path: Path) -> Path:
    program = tmp_path / "qemu-system-xtensa"
    program.write_text(ESPRESSIF)
    program.chmod(0o755)
    return program


def test_it_says_which_image_runs_where_and_that_it_has_no_price(
    espressif: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need("qemu-system-xtensa")
    monkeypatch.setenv("HARNESS_QEMU_ESPRESSIF", str(espressif))
    settings = RunSettings(board=("esp32",), estimate=True)
    assert emulated(settings) == (f"esp32: its own image runs in qemu_espressif 9.2.2{UNPRICED}",)
    monkeypatch.setenv("HARNESS_QEMU_ESPRESSIF", str(espressif.with_name("gone")))
    (said,) = emulated(settings)
    assert said.startswith("esp32: an image for xtensa_lx106_sim, which stands in, runs in qemu ")
    assert said.endswith(UNPRICED)


def test_a_board_with_a_price_has_a_latency_and_an_emulated_board_is_none_that_is_missing() -> None:
    need("qemu-system-arm")
    (said,) = emulated(RunSettings(board=("nucleo_l4r5zi",), estimate=True))
    assert "no latency" not in said
    assert emulated(RunSettings(board=("mps2_an386",))) == ()
