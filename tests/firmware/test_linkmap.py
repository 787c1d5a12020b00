# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.firmware.linkmap import Piece, parse_map

MAP = """\
Discarded input sections

 .text.unused   0x00000000       0x10 src/model/m.o

Linker script and memory map

LOAD src/model/m.o

.text           0x00000100       0x50
 *(.text .text.*)
 .text.short    0x00000100       0x10 src/model/m.o
                0x00000100                short
 .text.a_name_that_is_long
                0x00000110       0x1c src/with space.o
 *fill*         0x0000012c        0x4
 .text          0x00000130       0x20 /usr/lib/libgcc.a(_addsf3.o)
                0x00000140                inside
 .text.empty    0x00000150        0x0 src/model/m.o

.rodata         0x00000150       0x18 load address 0x00000900
 .rodata.str1.4
                0x00000150       0x11 src/hal.o
                                 0x15 (size before relaxing)

.debug_info     0x00000000      0x100
 .debug_info    0x00000000      0x100 src/model/m.o
"""


def piece(name: str, output: str, file: str, address: int, size_bytes: int) -> Piece:
    return Piece(name=name, output=output, file=file, address=address, size_bytes=size_bytes)


def test_the_pieces_of_a_map_are_read_with_their_objects_and_nothing_else_is() -> None:
    assert parse_map(MAP, {".text", ".rodata"}) == (
        piece(".text.short", ".text", "src/model/m.o", 0x100, 0x10),
        piece(".text.a_name_that_is_long", ".text", "src/with space.o", 0x110, 0x1C),
        piece(".text", ".text", "/usr/lib/libgcc.a(_addsf3.o)", 0x130, 0x20),
        piece(".rodata.str1.4", ".rodata", "src/hal.o", 0x150, 0x11),
    )


@given(st.text())
def test_any_text_is_read_without_a_crash(text: str) -> None:
    assert isinstance(parse_map("Linker script and memory map\n" + text, {".text"}), tuple)
