# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL, a server: when several machines share a study.

A write takes an advisory lock of the database first, held to the end of the transaction: writers follow one another as
they do in SQLite, so that looking and then inserting is one step. Readers never wait.
"""

from __future__ import annotations

from sqlalchemy import URL, Connection, Engine, create_engine

from harness.errors import StoreError
from harness.store.backends._base import Remedies

REMEDIES: Remedies = (
    ("lock timeout", "Another process has been writing for long: wait for that to end, then try again."),
    ("connection refused", "Start the server, or correct host and port in HARNESS_STORE."),
    ("no such file or directory", "Start the server, or correct the folder of its socket in HARNESS_STORE."),
    ("could not translate host name", "Correct the host in HARNESS_STORE."),
    ("password", "Put the right password into ~/.pgpass, or correct the user in HARNESS_STORE."),
    ("no pg_hba.conf entry", "Let this user and host in: the server's pg_hba.conf says who may."),
    ("does not exist", "Create it first (createdb, createuser), or correct HARNESS_STORE."),
    ("permission denied", "Give the user the right to create tables: GRANT CREATE, USAGE ON SCHEMA public TO ..."),
    ("no space left", "The server's disk is full: free some space there, then try again."),
    ("too many", "Let more connections in (max_connections), or end some of the processes that use the server."),
    ("nul", "Rename what has a NUL character in its name: PostgreSQL cannot keep one."),
    ("terminating connection", "The server was stopped: start it, then go on with --resume."),
    ("server closed the connection", "The server was stopped: start it, then go on with --resume."),
)

_LOCK = 0x6861726E657373  # "harness": the number of our lock among those of a database
_CONNECT_SECONDS = 10


def make_engine(url: URL, busy_seconds: float) -> Engine:
    """Return an engine by psycopg. Raises StoreError where that is not installed.

    A connection that the server has closed meanwhile is replaced before it is used.
    """
    del busy_seconds  # every transaction is told
    options = {"application_name": "harness", "connect_timeout": _CONNECT_SECONDS}
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    try:
        told = {name: value for name, value in options.items() if name not in url.query}
        return create_engine(url, pool_pre_ping=True, connect_args=told)
    except ModuleNotFoundError as error:
        raise StoreError(
            f"a store in PostgreSQL needs the package {error.name}, which is not installed",
            hint="Install it with: pip install 'mcu-harness[postgresql]'",
        ) from error


def prepare(engine: Engine, busy_seconds: float) -> None:
    """Do nothing: who made the database has done it."""


def begin_writing(connection: Connection, busy_seconds: float) -> None:
    """Take our lock, for as long as the transaction lasts."""
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {max(1, round(busy_seconds * 1000))}")
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")


def exists(url: URL) -> bool:
    """Return True: only the server knows."""
    del url
    return True
