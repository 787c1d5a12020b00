# SPDX-License-Identifier: Apache-2.0
"""Native processes as devices."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.boards import load_board
from harness.emulation import native
from harness.errors import OpenError
from tests.emulation.contract import EmulatorContract
from tests.emulation.images import REQUEST


class TestNative(EmulatorContract):
    BOARD = "host"
    DRIVER = native.DRIVER
    CRASH_WORDS = "crashes as it was told to"


def test_counts_of_a_native_process_are_refused(tmp_path: Path) -> None:
    assert not native.DRIVER.COUNTS
    with pytest.raises(OpenError, match="not counted"):
        native.DRIVER.start(load_board("host"), tmp_path, count=REQUEST)


def test_a_file_that_is_no_program_is_an_open_error(tmp_path: Path) -> None:
    image = tmp_path / "text.elf"
    image.write_text("not a program")
    image.chmod(0o755)
    with pytest.raises(OpenError, match="cannot be executed"):
        native.DRIVER.start(load_board("host"), image, count=None)
