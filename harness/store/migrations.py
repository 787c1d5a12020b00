# SPDX-License-Identifier: Apache-2.0
"""Making a database new, and bringing one of an older schema up to date.

A change of the tables raises ``tables.SCHEMA_VERSION`` by one and adds the step that leads there to ``STEPS``, under
the version that it starts from. All steps run in one transaction: a database is old or new, never between.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import URL, Connection, delete, insert, inspect, select

from harness.errors import StoreError
from harness.store.tables import SCHEMA_VERSION, claims, finals, metadata, runners, schema_version

Step = Callable[[Connection], None]


def _add_finals(connection: Connection) -> None:
    finals.create(connection)


def _add_claims(connection: Connection) -> None:
    metadata.create_all(connection, tables=[runners, claims], checkfirst=False)


STEPS: Mapping[int, Step] = {1: _add_finals, 2: _add_claims}


def place(url: URL) -> str:
    """Return where a database lies, for messages: SQLite's file, else the URL without its password."""
    is_file = url.get_backend_name() == "sqlite" and url.database
    return str(url.database) if is_file else url.render_as_string(hide_password=True)


def stored_version(connection: Connection) -> int | None:
    """Return the schema version of a database, None for an empty one. Raises StoreError where it is not ours."""
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    where = place(connection.engine.url)
    if schema_version.name not in tables:
        raise StoreError(
            f"{where} holds tables, but not the harness's", hint="Choose another with --results DIR or HARNESS_STORE."
        )
    version = connection.execute(select(schema_version.c.version)).scalar()
    if version is None:
        raise StoreError(f"{where} lacks its schema version", hint="Restore the file from a copy, or move it away.")
    return int(version)


def create(connection: Connection) -> None:
    """Create all tables in an empty database; the caller holds the transaction."""
    metadata.create_all(connection, checkfirst=False)
    connection.execute(insert(schema_version).values(version=SCHEMA_VERSION))


def check_version(where: str, version: int, steps: Mapping[int, Step] = STEPS, target: int = SCHEMA_VERSION) -> None:
    """Raise StoreError for a version that is newer than ours, or older with no way from there."""
    if version > target:
        raise StoreError(
            f"the schema of {where} has version {version}, this harness knows up to {target}",
            hint="Install a newer mcu-harness, or choose another folder with --results DIR.",
        )
    if any(step not in steps for step in range(version, target)):
        raise StoreError(
            f"the schema of {where} has version {version}, too old for this harness, which needs {target}",
            hint="Bring it up to date with an older mcu-harness, or choose another folder with --results DIR.",
        )


def migrate(
    connection: Connection, version: int, steps: Mapping[int, Step] = STEPS, target: int = SCHEMA_VERSION
) -> None:
    """Bring a database from ``version`` to ``target``; the caller holds the transaction."""
    check_version(place(connection.engine.url), version, steps, target)
    for step in range(version, target):
        steps[step](connection)
    if version != target:
        connection.execute(delete(schema_version))
        connection.execute(insert(schema_version).values(version=target))
