# SPDX-License-Identifier: Apache-2.0
"""SQLite, a file: the default.

It runs in WAL mode: readers never wait, writers wait for each other up to the busy timeout. A write begins with
``BEGIN IMMEDIATE``, so that two writers cannot both read first and then find that neither may go on.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from harness.store.backends._base import Remedies

REMEDIES: Remedies = (
    ("locked", "Another program is writing to it: wait for that to end, then try again."),
    ("readonly", "Make the file and its folder writable, or choose another folder with --results DIR."),
    ("unable to open", "Make the folder readable and writable, or choose another one with --results DIR."),
    ("full", "Free some space, or choose a folder on another disk with --results DIR."),
    ("disk i/o error", "The disk is full or failing: free some space, or choose another folder with --results DIR."),
    ("not a database", "The file is damaged: restore it from a copy, or move it away to begin anew."),
    ("malformed", "The file is damaged: restore it from a copy, or rescue what is left with 'sqlite3 FILE .recover'."),
)


def file_of(url: URL) -> Path | None:
    """Return the database's file; None where it is in memory."""
    return None if url.database in (None, "", ":memory:") else Path(str(url.database))


def make_engine(url: URL, busy_seconds: float) -> Engine:
    """Return an engine that leaves transactions to us."""
    file = file_of(url)
    creator = _read_only_creator(file, busy_seconds) if file else None
    options = {"creator": creator} if creator else {"connect_args": {"timeout": busy_seconds}}
    engine = create_engine(url, **options)

    @event.listens_for(engine, "connect")
    def _leave_transactions_to_us(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None

    return engine


def prepare(engine: Engine, busy_seconds: float) -> None:
    """Make the folder, and turn the file to WAL mode.

    That is repeated for a while: two processes that do it at once are refused at once, not after the busy timeout.
    """
    file = file_of(engine.url)
    if file is None:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + busy_seconds
    while True:
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            return
        except DBAPIError as error:
            if "locked" not in str(error.orig) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def begin_writing(connection: Connection, busy_seconds: float) -> None:
    """Take the lock for writing before anything is read."""
    del busy_seconds  # the connection knows it
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def exists(url: URL) -> bool:
    """Return False for a file that is not there, or empty."""
    file = file_of(url)
    return file is None or (file.exists() and file.stat().st_size > 0)


def _read_only_creator(path: Path, busy_seconds: float) -> Callable[[], sqlite3.Connection] | None:
    """Return how to open a finished database in a folder where nothing may be written, where SQLite cannot by itself.

    In WAL mode even a reader makes files beside the database. Without them, and without the right to make any, the
    database is at rest: SQLite is told so (https://www.sqlite.org/uri.html, "immutable").
    """
    if not path.exists() or os.access(path.parent, os.W_OK) or path.with_name(path.name + "-wal").exists():
        return None
    uri = f"file:{quote(str(path))}?mode=ro&immutable=1"
    return lambda: sqlite3.connect(uri, uri=True, timeout=busy_seconds, check_same_thread=False)
