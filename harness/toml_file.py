# SPDX-License-Identifier: Apache-2.0
"""Reading a TOML file into a schema of msgspec: what is wrong is named with its file, its line and its key."""

from __future__ import annotations

import re
import threading
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from harness.errors import UserError

_Schema = TypeVar("_Schema")
_CONVERTING = threading.Lock()
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`\Z", re.DOTALL)
_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]#]+?)\s*\]\]?\s*(#.*)?\Z")
_KEY = re.compile(r"\s*([A-Za-z0-9_.\"' -]+?)\s*=")


@dataclass(frozen=True, slots=True, kw_only=True)
class TomlFile:
    """A file that was read: its tables, and its text, in which a key's line is looked up."""

    path: Path
    text: str
    tables: dict[str, Any]

    def line_of(self, key: str) -> int | None:
        """Return the line of a key such as ``run.trials`` or ``memories[1].size``; None where it is not found."""
        wanted = key if "." not in key else re.sub(r"\[\d+\](?=\Z)", "", key)
        places = dict(_places(self.text))
        while wanted and wanted not in places:
            shorter = re.sub(r"(\[\d+\]|\.[^.\[\]]+)\Z", "", wanted)
            wanted = "" if shorter == wanted else shorter
        return places.get(wanted)

    def at(self, key: str) -> str:
        """Return the beginning of a message about a key: the file's name, and the key's line where it is known."""
        line = self.line_of(key)
        return f"{self.path.name}: line {line}" if line else self.path.name


def read_toml(path: Path, *, refuse: type[UserError], what: str) -> TomlFile:
    """Read a file; ``what`` says in messages what it is. Raises ``refuse`` where it is no TOML or cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
        return TomlFile(path=path, text=text, tables=tomllib.loads(text))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise refuse(f"{path.name} is not valid TOML: {error}") from error
    except (OSError, ValueError) as error:
        raise refuse(f"{what} {str(path)!r} cannot be read: {error}") from error


def convert(facts: Any, schema: type[_Schema]) -> _Schema:
    """Turn plain values into a schema, in one thread at a time. Raises msgspec.ValidationError.

    msgspec 0.22 works out a schema when it is first used; two threads at that end the process (segmentation fault).
    """
    with _CONVERTING:
        return msgspec.convert(facts, schema)


def to_schema(
    facts: Any,
    schema: type[_Schema],
    file: TomlFile,
    *,
    refuse: type[UserError],
    keys: Iterable[str],
    hint: str,
    under: str = "",
) -> _Schema:
    """Turn what was read into a schema; ``under`` is the dotted name of the table that ``facts`` are.

    Raises ``refuse``: for an unknown key with the nearest of ``keys``, or ``hint`` where none is near.
    """
    try:
        return convert(facts, schema)
    except msgspec.ValidationError as error:
        said, _, place = str(error).partition(" - at `$")
        where = ".".join(filter(None, (under, place.strip(".`"))))
        unknown = _UNKNOWN.match(said)
        if unknown is None:
            raise refuse(f"{file.at(where)}: {where or 'the file'}: {said}") from error
        key = f"{where}.{unknown.group(1)}".strip(".")
        nearest = get_close_matches(unknown.group(1), list(keys), n=1, cutoff=0.5)
        told = f"Did you mean {nearest[0]!r}?" if nearest else hint
        raise refuse(f"{file.at(key)}: unknown key {key!r}", hint=told) from error


def _places(text: str) -> Iterable[tuple[str, int]]:
    """Yield each table and key with its line; tables of an array are numbered."""
    table, counts = "", dict[str, int]()
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(line)
        if header is not None:
            table = _plain(header[2])
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = f"{table}[{counts[table]}]"
            yield table, number
            continue
        key = _KEY.match(line)
        if key is not None:
            yield ".".join(filter(None, (table, _plain(key[1])))), number


def _plain(key: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in key.split("."))
