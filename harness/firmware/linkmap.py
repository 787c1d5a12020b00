# SPDX-License-Identifier: Apache-2.0
"""The linker's map: which object each piece of the image came from."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

_BEGIN = "Linker script and memory map"
_PLACED = r"\s+0x(?P<address>[0-9a-f]+)\s+0x(?P<size>[0-9a-f]+)(?:\s(?P<file>\S.*))?"
_OUTPUT = re.compile(r"^(?P<name>[^\s*/(]\S*)")
_INPUT = re.compile(rf"^ (?P<name>[^\s*]\S*)(?:{_PLACED})?$")
_CONTINUED = re.compile(rf"^{_PLACED}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A section of an object file, as it was placed: ``output`` is the image's section that holds it."""

    name: str
    output: str
    file: str
    address: int
    size_bytes: int


def parse_map(text: str, outputs: Collection[str]) -> tuple[Piece, ...]:
    """Return the pieces of the output sections named, in order of address; what the linker discarded is not among them.

    The format is that of GNU ld's ``-Map``: an output section begins a line, an input section stands behind one space,
    and a name that is too long for its column pushes address, size and file to the next line.
    """
    _, _, placed = text.partition(_BEGIN)
    pieces = [piece for piece in _pieces(placed) if piece.output in outputs and piece.size_bytes > 0 and piece.file]
    return tuple(sorted(pieces, key=lambda piece: piece.address))


def _pieces(text: str) -> Iterator[Piece]:
    output, waiting = "", ""
    for line in text.splitlines():
        begun = _OUTPUT.match(line)
        if begun:
            output, waiting = begun["name"], ""
            continue
        found = _CONTINUED.match(line) if waiting else None
        name = waiting
        if found is None:
            found = _INPUT.match(line)
            name = found["name"] if found else ""
        waiting = name if found and found["address"] is None else ""
        if found and found["address"] is not None:
            yield Piece(
                name=name,
                output=output,
                file=found["file"] or "",
                address=int(found["address"], 16),
                size_bytes=int(found["size"], 16),
            )
