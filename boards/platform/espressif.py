# SPDX-License-Identifier: Apache-2.0
"""The content of the flash chip beside an Espressif chip: what its mask ROM loads into RAM, and the constants.

Espressif's esptool (GPL, a program of its own) makes the part for the ROM.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

_FLASH_BYTES = 4 * 1024 * 1024
_CONSTANTS = ".rodata"  # the section that the core reads through its cache
_MODE = ("--flash_mode", "dio", "--flash_freq", "40m", "--flash_size", "4MB")
_FREQUENCIES = {"esp32s3": "80m"}  # the S3 knows no other


class FlashImageError(Exception):
    """The image cannot be made; says why."""


def write_flash_image(flash: Mapping[str, Any], elf: Path, objcopy: str, target: Path) -> None:
    """Write the whole flash chip for an image; ``flash`` has the chip's name and the offsets of the board's file."""
    chip, boot_offset, constants_offset = flash["chip"], flash["boot_offset"], flash["flash_offset"]
    with TemporaryDirectory() as folder:
        loaded, boot, constants = (Path(folder) / name for name in ("loaded.elf", "boot.bin", "constants.bin"))
        bare = ("--strip-all", "--remove-relocations=*", "--remove-section", _CONSTANTS)
        _run([objcopy, *bare, str(elf), str(loaded)])
        _run([objcopy, "--only-section", _CONSTANTS, "--output-target", "binary", str(elf), str(constants)])
        mode = [_FREQUENCIES.get(chip, word) if word == "40m" else word for word in _MODE]
        _run([*_esptool(), "--chip", chip, "elf2image", *mode, "-o", str(boot), str(loaded)])
        parts = ((boot_offset, boot.read_bytes()), (constants_offset, constants.read_bytes()))
    content = bytearray(b"\xff" * _FLASH_BYTES)
    for offset, data in parts:
        content[offset : offset + len(data)] = data
    if boot_offset + len(parts[0][1]) > constants_offset or len(content) != _FLASH_BYTES:
        raise FlashImageError(f"{elf} does not fit the flash chip: {[(hex(at), len(data)) for at, data in parts]}")
    target.write_bytes(content)


def _esptool() -> list[str]:
    """Return how it is called: the program in PATH, else the package of this Python."""
    found = shutil.which("esptool")
    return [found] if found else [sys.executable, "-m", "esptool"]


def _run(command: Sequence[str]) -> None:
    finished = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if "No module named esptool" in finished.stdout:
        raise FlashImageError("esptool is not installed: pip install esptool")
    if finished.returncode != 0:
        raise FlashImageError(f"{command[0]}: {finished.stdout.strip()}")
