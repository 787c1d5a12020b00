# SPDX-License-Identifier: Apache-2.0
"""Stores to test: in SQLite, and in PostgreSQL where a server is installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.store import Store, open_store
from tests.store.postgresql import Server, running_server

BACKENDS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A server of its own, in a temporary folder; tests that need it skip where none is installed."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="module", params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def place(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """Where a store may be opened that holds nothing: a folder's path, or the URL of a database."""
    if backend == "sqlite":
        return str(tmp_path / "results")
    server: Server = request.getfixturevalue("postgresql")
    return server.new_database()


@pytest.fixture
def store(place: str, tmp_path: Path) -> Iterator[Store]:
    with open_store(place, blobs=tmp_path / "results" / "blobs") as opened:
        yield opened
