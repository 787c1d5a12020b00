# SPDX-License-Identifier: Apache-2.0
"""Bounds-checked reading of a flatbuffer: no byte outside the file is touched, whatever the file says.

The layout (flatbuffers.dev, "Internals"): a table begins with a signed 32-bit distance back to its vtable; a vtable
is its own length, the table's length, then one 16-bit distance from the table's start per field, 0 where the field is
absent; vectors and strings are reached by an unsigned 32-bit distance forward and begin with a 32-bit count. All is
little-endian. Offsets may overlap or run in a circle: each is followed at most once for each question asked, so that
neither a hang nor a deep recursion can come of it, and a budget bounds what is made of them in memory.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from harness.errors import BadModel, UnsupportedModel

# Fields of a table that are looked at; the schema's largest table has 17 (checked by a test).
MAX_FIELDS = 32
# Python objects made from one file's tables; a table with what is made of it, a number and a character cost these.
BUDGET_BYTES = 48 * 1024 * 1024
_DAMAGED = "The file is damaged or not a TFLite model: convert or copy it again."
# How files begin that are taken for a model of TFLite's, and what they are.
_OTHER_FILES = {
    b"PK\x03\x04": "It looks like a .keras file, or another zip archive",
    b"\x89HDF\r\n\x1a\n": "It looks like an HDF5 file, as Keras wrote models before .keras",
}
_TABLE_COST, _NUMBER_COST, _CHARACTER_COST = 2048, 40, 4
# A longer name is cut.
MAX_NAME_BYTES = 1024

_SCALARS = {
    (8, True): struct.Struct("<b"),
    (8, False): struct.Struct("<B"),
    (16, True): struct.Struct("<h"),
    (16, False): struct.Struct("<H"),
    (32, True): struct.Struct("<i"),
    (32, False): struct.Struct("<I"),
    (64, True): struct.Struct("<q"),
    (64, False): struct.Struct("<Q"),
}
_INT32, _UINT32, _FLOAT32 = struct.Struct("<i"), struct.Struct("<I"), struct.Struct("<f")
_VTABLE_HEAD = struct.Struct("<HH")


class Field(NamedTuple):
    """A field of a table of the schema: its id, and its name for messages."""

    id: int
    name: str


class FlatFile:
    """The bytes of one flatbuffer, with the budget for what is made of them."""

    __slots__ = ("_spent", "data", "name")

    def __init__(self, data: bytes, name: str) -> None:
        self.data = data
        self.name = name
        self._spent = 0

    def bad(self, position: int, what: str, problem: str, *, hint: str = _DAMAGED) -> BadModel:
        """Return the error that names the byte, what was being read there, and what is wrong with it."""
        return BadModel(f"{self.name}: byte {position}: {what}: {problem}", hint=hint)

    def check(self, position: int, size: int, what: str) -> None:
        """Raise BadModel unless ``size`` bytes from ``position`` on lie within the file."""
        if position < 0 or position + size > len(self.data):
            raise self.bad(position, what, f"{size} bytes would reach outside the file of {len(self.data)} bytes")

    def spend(self, cost: int, what: str) -> None:
        """Count memory about to be taken. Raises UnsupportedModel when a file asks for more than any real one."""
        self._spent += cost
        if self._spent > BUDGET_BYTES:
            limit = BUDGET_BYTES // (1024 * 1024)
            raise UnsupportedModel(f"{self.name}: its tensors, operators and names take over {limit} MB (at {what})")

    def root(self, identifier: bytes, what: str) -> Table:
        """Return the root table. Raises BadModel where the file does not carry ``identifier``."""
        if len(self.data) < 8:
            raise self.bad(0, what, f"a file of {len(self.data)} bytes is too short")
        if self.data[4:8] != identifier:
            problem = f"the file identifier is {self.data[4:8]!r} instead of {identifier!r}"
            looks = next((text for begin, text in _OTHER_FILES.items() if self.data.startswith(begin)), None)
            hint = f"{looks}: convert it with tf.lite.TFLiteConverter first." if looks else _DAMAGED
            raise self.bad(4, what, problem, hint=hint)
        return Table(self, self.follow(0, what), what)

    def follow(self, position: int, what: str) -> int:
        """Return where the forward distance stored at ``position`` leads."""
        self.check(position, 4, what)
        (distance,) = _UINT32.unpack_from(self.data, position)
        if distance == 0:
            raise self.bad(position, what, "the offset is 0")
        return int(position + distance)


class Table:
    """A table of the flatbuffer; a field that is absent gives None or the default.

    Every method raises BadModel, naming the byte and the field, where the file contradicts itself.
    """

    __slots__ = ("_fields", "file", "position", "what")

    def __init__(self, file: FlatFile, position: int, what: str) -> None:
        file.spend(_TABLE_COST, what)
        file.check(position, 4, what)
        vtable = position - _INT32.unpack_from(file.data, position)[0]
        file.check(vtable, 4, f"{what}, vtable")
        vtable_bytes, table_bytes = _VTABLE_HEAD.unpack_from(file.data, vtable)
        if vtable_bytes < 4 or vtable_bytes % 2 or table_bytes < 4:
            raise file.bad(vtable, f"{what}, vtable", f"sizes {vtable_bytes} and {table_bytes} are impossible")
        file.check(vtable, vtable_bytes, f"{what}, vtable")
        file.check(position, table_bytes, what)
        count = min((vtable_bytes - 4) // 2, MAX_FIELDS)
        self._fields: tuple[int, ...] = struct.unpack_from(f"<{count}H", file.data, vtable + 4)
        self.file = file
        self.position = position
        self.what = what

    def locate(self, field: Field, size: int) -> int | None:
        """Return where the ``size`` bytes of a field lie, or None where it is absent."""
        distance = self._fields[field.id] if field.id < len(self._fields) else 0
        if distance == 0:
            return None
        position = self.position + distance
        if position + size > len(self.file.data):
            self.file.check(position, size, self.label(field))
        return position

    def label(self, field: Field) -> str:
        """Return what a field is called in messages."""
        return f"{self.what}, {field.name}"

    def integer(self, field: Field, default: int = 0, *, bits: int = 32, signed: bool = True) -> int:
        """Return an integer (or enum) field of 8, 16, 32 or 64 bits."""
        position = self.locate(field, bits // 8)
        return default if position is None else int(_SCALARS[bits, signed].unpack_from(self.file.data, position)[0])

    def real(self, field: Field, default: float = 0.0) -> float:
        """Return a 32-bit floating-point field."""
        position = self.locate(field, 4)
        return default if position is None else float(_FLOAT32.unpack_from(self.file.data, position)[0])

    def table(self, field: Field) -> Table | None:
        """Return the table that a field refers to."""
        position = self.locate(field, 4)
        if position is None:
            return None
        label = self.label(field)
        return Table(self.file, self.file.follow(position, label), label)

    def vector(self, field: Field, item_bytes: int) -> tuple[int, int] | None:
        """Return where a vector's items begin and how many there are; all of them lie within the file."""
        position = self.locate(field, 4)
        if position is None:
            return None
        label = self.label(field)
        start = self.file.follow(position, label)
        self.file.check(start, 4, label)
        (count,) = _UINT32.unpack_from(self.file.data, start)
        if start + 4 + count * item_bytes > len(self.file.data):
            problem = f"{count} items of {item_bytes} bytes do not fit in the file of {len(self.file.data)} bytes"
            raise self.file.bad(start, label, problem)
        return start + 4, count

    def integers(self, field: Field, *, bits: int = 32) -> tuple[int, ...] | None:
        """Return a vector of signed integers of 32 or 64 bits."""
        found = self.vector(field, bits // 8)
        if found is None:
            return None
        self.file.spend(found[1] * _NUMBER_COST, self.what)
        return struct.unpack_from(f"<{found[1]}{'i' if bits == 32 else 'q'}", self.file.data, found[0])

    def reals(self, field: Field) -> tuple[float, ...] | None:
        """Return a vector of 32-bit floating-point numbers."""
        found = self.vector(field, 4)
        if found is None:
            return None
        self.file.spend(found[1] * _NUMBER_COST, self.what)
        return struct.unpack_from(f"<{found[1]}f", self.file.data, found[0])

    def text(self, field: Field) -> str:
        """Return a string, "" where it is absent; what is not UTF-8 is replaced, what is too long cut."""
        found = self.vector(field, 1)
        if found is None:
            return ""
        start, count = found[0], min(found[1], MAX_NAME_BYTES)
        self.file.spend(count * _CHARACTER_COST, self.what)
        return self.file.data[start : start + count].decode("utf-8", errors="replace")

    def count(self, field: Field) -> int:
        """Return how many tables a vector of tables has."""
        found = self.vector(field, 4)
        return 0 if found is None else found[1]

    def tables(self, field: Field, what: str) -> Iterator[Table]:
        """Yield the tables of a vector, called ``what`` and their number in messages."""
        start, count = self.vector(field, 4) or (0, 0)
        for index in range(count):
            label = f"{what} {index}"
            yield Table(self.file, self.file.follow(start + 4 * index, label), label)

    def item(self, field: Field, index: int, what: str) -> Table:
        """Return one table of a vector of tables, called ``what`` in messages. Raises BadModel where there is none."""
        start, count = self.vector(field, 4) or (self.position, 0)
        if not 0 <= index < count:
            raise self.file.bad(start, self.label(field), f"{what} is asked for, but there are {count}")
        return Table(self.file, self.file.follow(start + 4 * index, what), what)
