# SPDX-License-Identifier: Apache-2.0
"""Records to plain JSON values and back, and the one JSON text of each, by whose hash others point at it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import types
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

_Record = TypeVar("_Record")


def to_plain(record: Any) -> Any:
    """Turn a record into plain JSON values; enums become strings, tuples lists."""
    if dataclasses.is_dataclass(record) and not isinstance(record, type):
        return {f.name: to_plain(getattr(record, f.name)) for f in dataclasses.fields(record)}
    if isinstance(record, Mapping):
        return {str(key): to_plain(value) for key, value in record.items()}
    if isinstance(record, (tuple, list)):
        return [to_plain(value) for value in record]
    return record.value if isinstance(record, StrEnum) else record


def canonical_json(record: Any) -> str:
    """Return the one JSON text of a record: sorted keys, no spaces, floats as Python prints them."""
    return json.dumps(to_plain(record), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def content_key(record: Any) -> str:
    """Return the SHA-256 of a record's canonical JSON, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json(record).encode()).hexdigest()


def from_plain(cls: type[_Record], plain: Any) -> _Record:
    """Rebuild a record of type ``cls`` from what ``to_plain`` made of it, so that its canonical JSON is the same.

    Raises ValueError, with the path of the field, for a missing or unknown field and for a value of another type.
    Numbers are taken as they are: an integer in a field of floats stays one, else the record's hash would change.
    """
    record = _rebuild(cls, plain, cls.__name__)
    assert isinstance(record, cls)
    return record


@cache
def _fields(cls: type) -> dict[str, Any]:
    hints = get_type_hints(cls)
    return {f.name: hints[f.name] for f in dataclasses.fields(cls)}


def _rebuild(wanted: Any, plain: Any, where: str) -> Any:
    origin = get_origin(wanted)
    if origin in (Union, types.UnionType):
        return _rebuild_union(get_args(wanted), plain, where)
    if origin is Literal:
        if plain in get_args(wanted):
            return plain
        raise ValueError(f"{where}: {plain!r} is none of {', '.join(map(repr, get_args(wanted)))}")
    if origin is tuple:
        return _rebuild_tuple(get_args(wanted), plain, where)
    if dataclasses.is_dataclass(wanted) and isinstance(wanted, type):
        return _rebuild_record(wanted, plain, where)
    if isinstance(wanted, type) and issubclass(wanted, StrEnum) and plain in tuple(wanted):
        return wanted(plain)
    if type(plain) is wanted or (wanted is float and type(plain) is int):
        return plain
    raise ValueError(f"{where}: {plain!r} is no {getattr(wanted, '__name__', wanted)}")


def _rebuild_union(members: tuple[Any, ...], plain: Any, where: str) -> Any:
    if type(plain) in members:  # a scalar, or None
        return plain
    rest = [member for member in members if member is not types.NoneType]
    if len(rest) != 1:
        raise ValueError(f"{where}: {plain!r} is none of {', '.join(member.__name__ for member in rest)}")
    return _rebuild(rest[0], plain, where)


def _rebuild_tuple(members: tuple[Any, ...], plain: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(plain, list):
        raise ValueError(f"{where}: {plain!r} is no list")
    if members[1:] == (Ellipsis,):
        members = members[:1] * len(plain)
    if len(members) != len(plain):
        raise ValueError(f"{where}: {len(plain)} values instead of {len(members)}")
    return tuple(_rebuild(m, value, f"{where}[{i}]") for i, (m, value) in enumerate(zip(members, plain, strict=True)))


def _rebuild_record(cls: type, plain: Any, where: str) -> Any:
    if not isinstance(plain, dict):
        raise ValueError(f"{where}: {plain!r} is no object")
    hints = _fields(cls)
    if unknown := sorted(plain.keys() - hints.keys()):
        raise ValueError(f"{where}: unknown field {unknown[0]!r}")
    required = {f.name for f in dataclasses.fields(cls) if f.default is dataclasses.MISSING}
    if missing := sorted(required - plain.keys()):
        raise ValueError(f"{where}: the field {missing[0]!r} is missing")
    return cls(**{name: _rebuild(hints[name], value, f"{where}.{name}") for name, value in plain.items()})
