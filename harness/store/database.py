# SPDX-License-Identifier: Apache-2.0
"""The connection to the database: opened when first needed, checked for its version, its errors made ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from sqlalchemy import URL, Connection, Engine, Row, Select, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError

from harness import registry
from harness.errors import StoreError, UserError
from harness.store import migrations
from harness.store.backends import FAMILY, Backend, Remedies
from harness.store.tables import SCHEMA_VERSION


def sqlite_url(path: Path) -> URL:
    """Return the URL of a database file, whatever characters stand in its path."""
    return URL.create("sqlite", database=str(path))


class Database:
    """A database by its URL. Nothing is opened or created before the first use; closing twice is fine."""

    def __init__(self, url: URL | str, *, busy_seconds: float) -> None:
        self.url = _parsed(url)
        self._backend = cast(Backend, registry.load(FAMILY, self.url.get_backend_name()))
        self.busy_seconds = busy_seconds
        self._engine: Engine | None = None
        self._ready = False  # whether the tables are known to exist in our version

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
        if not self._backend.exists(self.url):
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
        self._backend.prepare(self._connected(), self.busy_seconds)
        with self._begun() as connection:
            version = migrations.stored_version(connection)
            if version is None:
                migrations.create(connection)
            else:
                migrations.migrate(connection, version)
        self._ready = True

    def _connected(self) -> Engine:
        if self._engine is None:
            self._engine = self._backend.make_engine(self.url, self.busy_seconds)
        return self._engine

    @contextmanager
    def _begun(self) -> Iterator[Connection]:
        with self._connected().begin() as connection:
            self._backend.begin_writing(connection, self.busy_seconds)
            yield connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            where, said = migrations.place(self.url), str(error.orig).strip()
            clash = isinstance(error, IntegrityError)
            raise _store_error(where, said, self._backend.REMEDIES, clash=clash) from error
        except UnicodeEncodeError as error:  # a file's name or an argument may hold bytes that are no text
            raise StoreError(f"{error.object!r} is no valid Unicode text", hint="Rename what is called so.") from error
        except OSError as error:
            hint = "Make the folder writable, free some space, or choose another folder with --results DIR."
            raise StoreError(f"the store {migrations.place(self.url)} cannot be used: {error}", hint=hint) from error


def _parsed(url: URL | str) -> URL:
    try:
        return make_url(url)
    except ArgumentError as error:  # which repeats the URL, and so a password
        message = "the URL of the store cannot be read"
        raise UserError(message, hint="Such as postgresql://USER@HOST/DATABASE or sqlite:////FOLDER/FILE.") from error


def _store_error(where: str, text: str, remedies: Remedies, *, clash: bool) -> StoreError:
    default = "Another process stored the same thing at the same time: try again." if clash else ""
    hint = next((remedy for sign, remedy in remedies if sign in text.lower()), default)
    return StoreError(f"the store {where} cannot be used: {text}", hint=hint)
