# SPDX-License-Identifier: Apache-2.0
"""The parts of an ELF that the figures need: loaded sections, symbols, and who refers to whom."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

from harness.errors import BuildError

_SECTION_SYMBOL = 3  # STT_SECTION
_DATA_SYMBOL = 1  # STT_OBJECT
_FUNCTION_SYMBOL = 2  # STT_FUNC
_THUMB_CALLS = {10, 30}  # R_ARM_THM_CALL, R_ARM_THM_JUMP24 (Arm AAELF32, table of relocations)
_X86_RELATIVE = {2, 4, 9, 41, 42}  # PC32, PLT32, GOTPCREL, GOTPCRELX, REX_GOTPCRELX: counted from behind their field


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSection:
    """A section that occupies memory. ``stored`` says that its bytes lie in the image."""

    name: str
    address: int
    size_bytes: int
    stored: bool
    writable: bool
    executable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """An entry of the symbol table."""

    name: str
    address: int
    kind: int

    @property
    def is_data(self) -> bool:
        return self.kind == _DATA_SYMBOL

    @property
    def is_function(self) -> bool:
        return self.kind == _FUNCTION_SYMBOL


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """What was read: ``references`` are pairs of addresses, the place that refers and what it refers to."""

    sections: tuple[LoadedSection, ...]
    symbols: tuple[Symbol, ...]
    references: tuple[tuple[int, int], ...]


def read_image(path: Path) -> Image:
    """Read an ELF linked with ``--emit-relocs``. Raises BuildError where the file is none."""
    try:
        with path.open("rb") as file:
            elf = ELFFile(file)
            return Image(sections=tuple(_loaded(elf)), symbols=tuple(_symbols(elf)), references=tuple(_references(elf)))
    except (ELFError, OSError, struct.error) as error:
        raise BuildError(f"the linked image {path} cannot be read: {error}") from error


def _loaded(elf: ELFFile) -> Iterator[LoadedSection]:
    for section in elf.iter_sections():
        flags = section["sh_flags"]
        # Of thread-local zeros only the copy of each thread takes memory, and .bss has the room for the one there is.
        zeros = section["sh_type"] == "SHT_NOBITS"
        if flags & SH_FLAGS.SHF_ALLOC and section["sh_size"] and not (zeros and flags & SH_FLAGS.SHF_TLS):
            yield LoadedSection(
                name=section.name,
                address=section["sh_addr"],
                size_bytes=section["sh_size"],
                stored=not zeros,
                writable=bool(flags & SH_FLAGS.SHF_WRITE),
                executable=bool(flags & SH_FLAGS.SHF_EXECINSTR),
            )


def _symbols(elf: ELFFile) -> Iterator[Symbol]:
    """Return the symbol table in its own order, so that relocations can name its entries by number."""
    table = elf.get_section_by_name(".symtab")
    if table is None:
        return
    names = elf.get_section(table["sh_link"]).data()
    is_arm = elf["e_machine"] == "EM_ARM"
    layout = struct.Struct("<IBBHQQ" if elf.elfclass == 64 else "<IIIBBH")
    for entry in layout.iter_unpack(table.data()):
        name, value, info = (entry[0], entry[4], entry[1]) if elf.elfclass == 64 else (entry[0], entry[1], entry[3])
        end = names.index(b"\0", name)
        kind = info & 15
        thumb = is_arm and kind == _FUNCTION_SYMBOL  # bit 0 of a function's address tells the instruction set
        yield Symbol(name=names[name:end].decode(errors="replace"), address=value & ~1 if thumb else value, kind=kind)


def _references(elf: ELFFile) -> Iterator[tuple[int, int]]:
    symbols = tuple(_symbols(elf))
    for section in elf.iter_sections():
        if section["sh_type"] not in ("SHT_REL", "SHT_RELA") or section["sh_info"] == 0:
            continue
        target = elf.get_section(section["sh_info"])
        if not target["sh_flags"] & SH_FLAGS.SHF_ALLOC or target["sh_type"] == "SHT_NOBITS":
            continue
        content = target.data()
        for place, number, kind, addend in _relocations(elf, section):
            symbol = symbols[number]
            if number == 0:
                continue
            if symbol.kind != _SECTION_SYMBOL:
                yield place, symbol.address
            elif addend is None:
                yield place, stored_target(content, place - target["sh_addr"], place, kind)
            else:
                behind = 4 if elf["e_machine"] == "EM_X86_64" and kind in _X86_RELATIVE else 0
                yield place, symbol.address + addend + behind


def _relocations(elf: ELFFile, section: object) -> Iterator[tuple[int, int, int, int | None]]:
    """Return place, number of the symbol, kind and addend (None where it lies in the code) of each relocation."""
    data: bytes = section.data()  # type: ignore[attr-defined]
    with_addend = section["sh_type"] == "SHT_RELA"  # type: ignore[index]
    wide = elf.elfclass == 64
    layout = struct.Struct("<" + ("QQ" if wide else "II") + (("q" if wide else "i") if with_addend else ""))
    for entry in layout.iter_unpack(data):
        number, kind = (entry[1] >> 32, entry[1] & 0xFFFFFFFF) if wide else (entry[1] >> 8, entry[1] & 0xFF)
        yield entry[0], number, kind, entry[2] if with_addend else None


def stored_target(content: bytes, offset: int, place: int, kind: int) -> int:
    """Return what a linked Arm instruction or word refers to: the linker has written it there already."""
    if kind not in _THUMB_CALLS:
        word: int = struct.unpack_from("<I", content, offset)[0]
        return word
    high, low = struct.unpack_from("<HH", content, offset)  # BL and B.W, encoding T4 (Armv7-M ARM, A7.7.12, A7.7.18)
    sign = high >> 10 & 1
    i1, i2 = (1 ^ (low >> 13 & 1) ^ sign), (1 ^ (low >> 11 & 1) ^ sign)
    distance = i1 << 23 | i2 << 22 | (high & 0x3FF) << 12 | (low & 0x7FF) << 1
    return place + 4 + int(distance) - (int(sign) << 24)
