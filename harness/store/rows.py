# SPDX-License-Identifier: Apache-2.0
"""Records as rows: into their tables, and back."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from sqlalchemy import Connection, insert, select

from harness.errors import StoreError
from harness.records import Artifact, canonical_json, from_plain
from harness.store.tables import KINDS, Record, candidate_artifacts, key_of

_Record = TypeVar("_Record", bound=Record)


def insert_record(connection: Connection, record: Record, text: str) -> None:
    """Store a record; the same one twice is harmless. Raises StoreError where its id belongs to another."""
    kind, key = KINDS[type(record)], key_of(record)
    stored = connection.execute(select(kind.table.c.record).where(kind.table.c.key == key)).scalar()
    if stored is None:
        connection.execute(insert(kind.table).values(key=key, record=text, **kind.columns(record)))
    elif kind.owned and stored != text:
        raise StoreError(f"the id {key} belongs to another {kind.name}", hint="Every new one needs an id of its own.")
    if isinstance(record, Artifact) and record.candidate_key is not None:
        table = candidate_artifacts
        if not connection.execute(select(table).where(table.c.candidate_key == record.candidate_key)).first():
            values = {"candidate_key": record.candidate_key, "artifact": record.sha256, "record": text}
            connection.execute(insert(table).values(**values))


def text_of(record: Any) -> str:
    """Return the canonical JSON of a record, or of plain values. Raises StoreError for what is not finite."""
    try:
        return canonical_json(record)
    except ValueError as error:
        name = type(record).__name__
        raise StoreError(f"a {name} cannot be stored: {error}", hint="Its figures must be finite numbers.") from error


def rebuild(kind: type[_Record] | type[Record], text: str) -> Any:
    """Return a record from its JSON. Raises StoreError where it cannot be read."""
    try:
        return from_plain(kind, json.loads(text))
    except ValueError as error:
        hint = "Restore the store from a copy, or choose another folder with --results DIR."
        raise StoreError(f"a {KINDS[kind].name} in the store cannot be read: {error}", hint=hint) from error
