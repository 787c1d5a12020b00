# SPDX-License-Identifier: Apache-2.0
"""The flash chip beside an Espressif chip: what of an image lies in it, as a file for the emulator."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

from harness.boards import Board
from harness.errors import BadBoard, OpenError

FLASH_BYTES = 4 * 1024 * 1024
OFFSET = "flash_offset"  # of [firmware.hardware]: where in the chip lies what the core reads through its cache
_ERASED = b"\xff"


def flash_contents(board: Board, image: Path) -> bytes:
    """Return the whole flash chip with the constants of an image (an ELF) where its code maps them.

    Raises BadBoard where the board's file does not say where that is, OpenError where the image is none.
    """
    offset = dict(board.firmware.hardware).get(OFFSET)
    memory = next((memory for memory in board.memories if memory.kind == "flash"), None)
    if offset is None or memory is None:
        raise BadBoard(f"{board.id} has no flash behind a cache", hint=f"[firmware.hardware] needs {OFFSET!r}.")
    content = bytearray(_ERASED * FLASH_BYTES)
    for address, data in _stored(image):
        place = offset + address - memory.address
        if 0 <= address - memory.address < memory.size_bytes:
            content[place : place + len(data)] = data
    if len(content) != FLASH_BYTES:
        raise BadBoard(f"{board.id}: the constants of {image} do not fit the flash behind {offset:#x}")
    return bytes(content)


def open_flash(content: bytes, resources: ExitStack) -> tuple[int, int]:
    """Return a file in memory with a content, open for writing and open for reading: QEMU asks for both."""
    writable = os.memfd_create("flash")
    resources.callback(os.close, writable)
    os.pwrite(writable, content, 0)
    readable = os.open(f"/proc/self/fd/{writable}", os.O_RDONLY | os.O_CLOEXEC)
    resources.callback(os.close, readable)
    return writable, readable


def _stored(image: Path) -> list[tuple[int, bytes]]:
    from elftools.common.exceptions import ELFError  # not before there is an image
    from elftools.elf.constants import SH_FLAGS
    from elftools.elf.elffile import ELFFile

    try:
        with image.open("rb") as stream:
            sections = [s for s in ELFFile(stream).iter_sections() if s["sh_flags"] & SH_FLAGS.SHF_ALLOC]
            return [(s["sh_addr"], s.data()) for s in sections if s["sh_type"] != "SHT_NOBITS"]
    except (OSError, ELFError) as error:
        raise OpenError(f"{image} is not a readable ELF image: {error}") from error
