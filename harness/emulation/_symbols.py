# SPDX-License-Identifier: Apache-2.0
"""Where the functions of an image lie, read from its ELF."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from harness.errors import OpenError, did_you_mean

if TYPE_CHECKING:
    from elftools.elf.elffile import ELFFile

Range: TypeAlias = tuple[int, int]  # first address, first address behind it

_FUNCTION = 2  # STT_FUNC
_UNDEFINED = 0  # SHN_UNDEF


def function_ranges(image: Path, names: Iterable[str]) -> dict[str, Range]:
    """Return the address range of each function named.

    Raises OpenError where the file is no ELF, or where a function is missing, twice there, without a size, or shares
    its first instruction with another one of those named.
    """
    wanted = set(names)
    found: dict[str, set[Range]] = {name: set() for name in wanted}
    others: set[str] = set()
    for name, address_range in _functions(image):
        if name in wanted:
            found[name].add(address_range)
        else:
            others.add(name)
    ranges = {name: _only(image, name, candidates, others) for name, candidates in found.items()}
    owner: dict[int, str] = {}
    for name, (low, _) in sorted(ranges.items()):
        if low in owner:
            raise OpenError(
                f"{image}: the functions {owner[low]!r} and {name!r} are one and the same: they cannot be told apart",
                hint="Compile without folding identical functions (-fno-ipa-icf).",
            )
        owner[low] = name
    return ranges


def _functions(image: Path) -> Iterator[tuple[str, Range]]:
    from elftools.common.exceptions import ELFError  # not before there is an image
    from elftools.elf.elffile import ELFFile
    from elftools.elf.sections import SymbolTableSection

    try:
        with image.open("rb") as stream:
            elf = ELFFile(stream)
            thumb = ~1 if elf["e_machine"] == "EM_ARM" else ~0  # in Thumb code, bit 0 of an address is not part of it
            for section in elf.iter_sections():
                if isinstance(section, SymbolTableSection):
                    names = section.stringtable.data()
                    for name_at, address, size in _function_symbols(elf, section.data()):
                        low = address & thumb
                        yield names[name_at : names.index(b"\0", name_at)].decode(errors="replace"), (low, low + size)
    except (OSError, ELFError, struct.error, ValueError) as error:
        raise OpenError(f"{image} is not a readable ELF image: {error}") from error


def _function_symbols(elf: ELFFile, table: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield where the name stands, address and size of each function that is defined here.

    Layout: System V ABI, "Symbol Table". Read at once: parsed one by one, the thousands of local labels of a RISC-V
    image take 0.2 s.
    """
    order = "<" if elf.little_endian else ">"
    if elf.elfclass == 32:
        symbols = ((n, a, s, i, h) for n, a, s, i, _, h in struct.iter_unpack(order + "IIIBBH", table))
    else:
        symbols = ((n, a, s, i, h) for n, i, _, h, a, s in struct.iter_unpack(order + "IBBHQQ", table))
    for name_at, address, size, info, section in symbols:
        if info & 0xF == _FUNCTION and section != _UNDEFINED:
            yield name_at, address, size


def _only(image: Path, name: str, candidates: set[Range], others: set[str]) -> Range:
    if not candidates:
        raise OpenError(f"{image} has no function {name!r}, so it cannot be counted", hint=did_you_mean(name, others))
    if len(candidates) > 1:
        raise OpenError(f"{image} has {len(candidates)} functions {name!r}", hint="Give them different names.")
    (low, high) = next(iter(candidates))
    if low == high:
        raise OpenError(f"{image}: the function {name!r} has no size", hint="In assembly, end it with '.size'.")
    return low, high
