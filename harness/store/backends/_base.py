# SPDX-License-Identifier: Apache-2.0
"""What a database must be told that differs from the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias

from sqlalchemy import URL, Connection, Engine

Remedies: TypeAlias = Sequence[tuple[str, str]]  # a sign, in small letters, in what the database says; what to do


class Backend(Protocol):
    """A module of this package."""

    REMEDIES: Remedies

    def make_engine(self, url: URL, busy_seconds: float) -> Engine:
        """Return an engine; nothing is opened yet. Raises StoreError where a package is missing."""
        ...

    def prepare(self, engine: Engine, busy_seconds: float) -> None:
        """Do what must be done once, before the first write."""
        ...

    def begin_writing(self, connection: Connection, busy_seconds: float) -> None:
        """Make a transaction that has just begun the only one that writes, waiting for its turn."""
        ...

    def exists(self, url: URL) -> bool:
        """Return False where there is certainly no database of ours yet, without creating anything."""
        ...
