# SPDX-License-Identifier: Apache-2.0
"""Where the functions of an image lie, read from its ELF."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from harness.errors import OpenError, did_you_mean

Range: TypeAlias = tuple[int, int]  # first address, first address behind it


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


def _functions(image: Path) -> Iterable[tuple[str, Range]]:
    try:
        with image.open("rb") as stream:
            elf = ELFFile(stream)
            thumb = ~1 if elf["e_machine"] == "EM_ARM" else ~0  # in Thumb code, bit 0 of an address is not part of it
            for section in elf.iter_sections():
                if isinstance(section, SymbolTableSection):
                    for symbol in section.iter_symbols():
                        if symbol["st_info"]["type"] == "STT_FUNC" and symbol["st_shndx"] != "SHN_UNDEF":
                            low = symbol["st_value"] & thumb
                            yield symbol.name, (low, low + symbol["st_size"])
    except (OSError, ELFError) as error:
        raise OpenError(f"{image} is not a readable ELF image: {error}") from error


def _only(image: Path, name: str, candidates: set[Range], others: set[str]) -> Range:
    if not candidates:
        raise OpenError(f"{image} has no function {name!r}, so it cannot be counted", hint=did_you_mean(name, others))
    if len(candidates) > 1:
        raise OpenError(f"{image} has {len(candidates)} functions {name!r}", hint="Give them different names.")
    (low, high) = next(iter(candidates))
    if low == high:
        raise OpenError(f"{image}: the function {name!r} has no size", hint="In assembly, end it with '.size'.")
    return low, high
