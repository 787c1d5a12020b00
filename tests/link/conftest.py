# SPDX-License-Identifier: Apache-2.0
"""Firmware and codec, compiled once for all tests of the link."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import proc
from harness.link import Device
from tests.link.firmware import SANITIZE, build_firmware, running


@pytest.fixture(scope="session")
def firmware(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if proc.which("gcc") is None:
        pytest.skip("gcc is not installed")
    return build_firmware(tmp_path_factory.mktemp("firmware"), "-O2", "-no-pie")


@pytest.fixture(scope="session")
def sanitized_firmware(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if proc.which("gcc") is None:
        pytest.skip("gcc is not installed")
    return build_firmware(tmp_path_factory.mktemp("sanitized"), "-O1", *SANITIZE)


@pytest.fixture
def device(firmware: Path) -> Iterator[Device]:
    with running(firmware) as board, Device(board.stream) as device:
        device.hello()
        yield device
