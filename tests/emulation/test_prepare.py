# SPDX-License-Identifier: Apache-2.0
"""The counter compiled ahead of its first use, as an installation does it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.emulation._counter import build_plugin
from harness.emulation.qemu import DRIVER


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))
    build_plugin.cache_clear()
    yield tmp_path
    build_plugin.cache_clear()


def test_the_counter_lies_in_the_cache_afterwards(empty_cache: Path) -> None:
    plugins = DRIVER.prepare()
    assert plugins
    assert [plugin for plugin in plugins if not plugin.is_relative_to(empty_cache) or not plugin.is_file()] == []


def test_nothing_is_compiled_where_there_is_no_qemu(empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_QEMU_ARM", "no-such-emulator")
    monkeypatch.setenv("HARNESS_QEMU_RISCV32", "no-such-emulator")
    monkeypatch.setenv("HARNESS_QEMU_XTENSA", "no-such-emulator")
    assert DRIVER.prepare() == ()
    assert list(empty_cache.iterdir()) == []
