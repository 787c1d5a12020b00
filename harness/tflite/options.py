# SPDX-License-Identifier: Apache-2.0
"""An operator's options: the ``Options`` of the graph, over a table of the file."""

from __future__ import annotations

from harness.tflite.flat import Field, Table


class TableOptions:
    """The option table of one operator; without a table every field is absent.

    Fields are known by their id in the schema. Every method raises BadModel where the file contradicts itself.
    """

    __slots__ = ("_table",)

    def __init__(self, table: Table | None) -> None:
        self._table = table

    def integer(self, field: int, default: int = 0, *, bits: int = 32) -> int:
        """Return a signed integer of 8 (an enum), 16, 32 or 64 bits."""
        return default if self._table is None else self._table.integer(_field(field), default, bits=bits)

    def boolean(self, field: int, default: bool = False) -> bool:
        """Return a truth value."""
        if self._table is None:
            return default
        return bool(self._table.integer(_field(field), int(default), bits=8, signed=False))

    def real(self, field: int, default: float = 0.0) -> float:
        """Return a 32-bit floating-point number."""
        return default if self._table is None else self._table.real(_field(field), default)

    def integers(self, field: int) -> tuple[int, ...]:
        """Return a vector of 32-bit integers, () where it is absent."""
        return (self._table.integers(_field(field)) or ()) if self._table is not None else ()


def _field(number: int) -> Field:
    return Field(number, f"option {number}")
