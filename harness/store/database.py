# SPDX-License-Identifier: Apache-2.0
"""The connection to the database: opened when first needed, checked for its version, its errors made ours.

SQLite runs in WAL mode: readers never wait, writers wait for each other up to the busy timeout. A write begins with
``BEGIN IMMEDIATE``, so that two writers cannot both read first and then find that neither may go on.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, Row, Select, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError

from harness.errors import StoreError
from harness.store import migrations
from harness.store.tables import SCHEMA_VERSION

# What SQLite says, and what to do about it.
_REMEDIES = (
    ("locked", "Another program is writing to it: wait for that to end, then try again."),
    ("readonly", "Make the file and its folder writable, or choose another folder with --results DIR."),
    ("unable to open", "Make the folder readable and writable, or choose another one with --results DIR."),
    ("full", "Free some space, or choose a folder on another disk with --results DIR."),
    ("disk i/o error", "The disk is full or failing: free some space, or choose another folder with --results DIR."),
    ("not a database", "The file is damaged: restore it from a copy, or move it away to begin anew."),
    ("malformed", "The file is damaged: restore it from a copy, or rescue what is left with 'sqlite3 FILE .recover'."),
)


def sqlite_url(path: Path) -> URL:
    """Return the URL of a database file, whatever characters stand in its path."""
    return URL.create("sqlite", database=str(path))


class Database:
    """A database by its URL. Nothing is opened or created before the first use; closing twice is fine."""

    def __init__(self, url: URL | str, *, busy_seconds: float) -> None:
        self.url = make_url(url)
        self.busy_seconds = busy_seconds
        self._engine: Engine | None = None
        self._ready = False  # whether the tables are known to exist in our version

    @property
    def path(self) -> Path | None:
        """The database file; None where the database is no file of SQLite's."""
        is_file = self.url.get_backend_name() == "sqlite" and self.url.database not in (None, "", ":memory:")
        return Path(str(self.url.database)) if is_file else None

    def rows(self, query: Select[Any]) -> Sequence[Row[Any]]:
        """Return the rows of a query; none where the database does not exist yet, which creates nothing."""
        with self._translated():
            if not self._exists():
                return ()
            with self._connected().connect() as connection:
                return connection.execute(query).all()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield a transaction: committed at the end, rolled back on any error, durable when this returns."""
        with self._translated():
            if not self._ready:
                self._prepare()
            with self._begun() as connection:
                yield connection

    def close(self) -> None:
        """Close every connection; the last one folds the write-ahead log into the file."""
        engine, self._engine, self._ready = self._engine, None, False
        if engine is not None:
            with self._translated():
                engine.dispose()

    def _exists(self) -> bool:
        """Whether there is a database of ours; one of an older schema is brought up to date."""
        if self._ready:
            return True
        if self.path is not None and not (self.path.exists() and self.path.stat().st_size):
            return False
        with self._connected().connect() as connection:
            version = migrations.stored_version(connection)
        if version is None:
            return False
        migrations.check_version(migrations.place(self.url), version)
        if version != SCHEMA_VERSION:
            self._prepare()
        self._ready = True
        return True

    def _prepare(self) -> None:
        """Make the tables, or bring them up to date."""
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._retry(self._use_wal)
        with self._begun() as connection:
            version = migrations.stored_version(connection)
            if version is None:
                migrations.create(connection)
            else:
                migrations.migrate(connection, version)
        self._ready = True

    def _connected(self) -> Engine:
        if self._engine is None:
            self._engine = self._make_engine()
        return self._engine

    def _make_engine(self) -> Engine:
        if self.url.get_backend_name() != "sqlite":
            return create_engine(self.url)
        creator = _read_only_creator(self.path, self.busy_seconds) if self.path else None
        options = {"creator": creator} if creator else {"connect_args": {"timeout": self.busy_seconds}}
        engine = create_engine(self.url, **options)

        @event.listens_for(engine, "connect")
        def _leave_transactions_to_us(connection: sqlite3.Connection, _record: object) -> None:
            connection.isolation_level = None

        return engine

    def _use_wal(self) -> None:
        with self._connected().connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")

    def _retry(self, action: Callable[[], None]) -> None:
        """Repeat what SQLite refuses at once, not after the busy timeout: two processes turning to WAL mode."""
        deadline = time.monotonic() + self.busy_seconds
        while True:
            try:
                return action()
            except DBAPIError as error:
                if "locked" not in str(error.orig) or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    @contextmanager
    def _begun(self) -> Iterator[Connection]:
        with self._connected().begin() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            clash = isinstance(error, IntegrityError)
            raise _store_error(migrations.place(self.url), str(error.orig), clash=clash) from error
        except UnicodeEncodeError as error:  # a file's name or an argument may hold bytes that are no text
            raise StoreError(f"{error.object!r} is no valid Unicode text", hint="Rename what is called so.") from error
        except OSError as error:
            hint = "Make the folder writable, free some space, or choose another folder with --results DIR."
            raise StoreError(f"the store {migrations.place(self.url)} cannot be used: {error}", hint=hint) from error


def _store_error(where: str, text: str, *, clash: bool) -> StoreError:
    default = "Another process stored the same thing at the same time: try again." if clash else ""
    hint = next((remedy for sign, remedy in _REMEDIES if sign in text.lower()), default)
    return StoreError(f"the store {where} cannot be used: {text}", hint=hint)


def _read_only_creator(path: Path, busy_seconds: float) -> Callable[[], sqlite3.Connection] | None:
    """Return how to open a finished database in a folder where nothing may be written, where SQLite cannot by itself.

    In WAL mode even a reader makes files beside the database. Without them, and without the right to make any, the
    database is at rest: SQLite is told so (https://www.sqlite.org/uri.html, "immutable").
    """
    if not path.exists() or os.access(path.parent, os.W_OK) or path.with_name(path.name + "-wal").exists():
        return None
    uri = f"file:{quote(str(path))}?mode=ro&immutable=1"
    return lambda: sqlite3.connect(uri, uri=True, timeout=busy_seconds, check_same_thread=False)
