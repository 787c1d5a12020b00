# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.store import Store, open_store
from tests.store.conftest import BACKENDS, postgresql
from tests.store.postgresql import Server

__all__ = ["postgresql"]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path) as opened:
        yield opened


@pytest.fixture(params=BACKENDS)
def shared(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of results for several processes, whose records lie in it or in a database of its own."""
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgresql")
        monkeypatch.setenv("HARNESS_STORE", server.new_database())
    return tmp_path
