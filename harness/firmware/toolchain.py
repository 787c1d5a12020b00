# SPDX-License-Identifier: Apache-2.0
"""The compiler of a core and the flags that every file is compiled with."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path

from harness import proc
from harness.boards import Board
from harness.errors import ToolError, UserError, did_you_mean

OPTIMIZE = {"speed": "-O2", "balanced": "-O2", "size": "-Os"}

# For all that we write or generate; a vendor's framework is compiled with its own.
SOURCE_FLAGS = ("-std=c99", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror")
# AVR: standard C has no address spaces, and weights lie in one of their own; GCC 5 does not know how to unroll.
_AVR_FLAGS = ("-std=gnu99", *SOURCE_FLAGS[1:], "-Wno-unknown-pragmas")
_FOLDER = "symlink://"
_PACKAGES = {
    "arm-none-eabi": "gcc-arm-none-eabi libnewlib-arm-none-eabi",
    "riscv64-unknown-elf": "gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf",
    "xtensa-lx106-elf": "gcc-xtensa-lx106 picolibc-xtensa-lx106-elf",
    "avr": "gcc-avr avr-libc",
    "native": "gcc libc6-dev",
}


def build_flags(optimize: str) -> tuple[str, ...]:
    """Return the flags for all files of a project.

    ``-g1`` puts lines and functions into the ELF, not into the loaded image, and unlike ``-g`` costs no time.
    """
    if optimize not in OPTIMIZE:
        raise UserError(f"there is no optimise level {optimize!r}", hint=did_you_mean(optimize, OPTIMIZE))
    return (OPTIMIZE[optimize], "-g1")


def source_flags(board: Board) -> tuple[str, ...]:
    """Return the flags for what we write or generate: standard C wherever it suffices."""
    return _AVR_FLAGS if board.core.isa == "avr" else SOURCE_FLAGS


def is_local(board: Board) -> bool:
    """Say whether the board is built by the platform that travels with the project."""
    return board.platformio.platform == "local"


def program_prefix(board: Board) -> str:
    """Return what stands before ``gcc`` in the names of the toolchain's programs."""
    return "" if board.core.toolchain == "native" else f"{board.core.toolchain}-"


def toolchain_package(board: Board) -> tuple[str, str] | None:
    """Return the name and the version, or the folder as a URI, of the package that the board's file chooses, or None.

    PlatformIO's registry knows the name by its owner, as in ``owner/name``.
    """
    chosen = board.platformio.toolchain
    if chosen is None:
        return None
    name, _, version = chosen.partition("@")
    return name, version


def toolchain_version(board: Board) -> str:
    """Return what names the compiler: the first line that it says of itself, or the package that brings it.

    Raises ToolError, naming what to install, where there is none; a package of one version is PlatformIO's to fetch.
    """
    package = toolchain_package(board)
    if package is not None:
        name, version = package
        folder = version.removeprefix(_FOLDER)
        return f"{name}@{version}" if folder == version else _folder_version(name, Path(folder), board)
    if not is_local(board):
        return f"as PlatformIO's platform {board.platformio.platform} brings it"
    compiler = f"{program_prefix(board)}gcc"
    if proc.which(compiler) is None:
        packages = _PACKAGES.get(board.core.toolchain, compiler)
        raise ToolError(f"the compiler {compiler!r} is not installed", hint=f"sudo apt-get install {packages}")
    return _first_line(compiler)


def _folder_version(name: str, folder: Path, board: Board) -> str:
    """Return what a package in a folder says of itself: the path is no part of it."""
    try:
        manifest = json.loads((folder / "package.json").read_text(encoding="utf-8"))
        found = (manifest["name"], manifest["version"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ToolError(
            f"{folder} is not a package of PlatformIO's: {type(error).__name__}: {error}",
            hint=f"'toolchain' of board {board.id} needs a folder with a package.json, which has 'name' and 'version'.",
        ) from error
    if found[0] != name.rpartition("/")[2]:
        raise ToolError(f"{folder} holds the package {found[0]!r}, and board {board.id} asks for {name!r}")
    compiler = folder / "bin" / f"{program_prefix(board)}gcc"
    if not is_local(board):
        return f"{found[0]}@{found[1]}"
    if not os.access(compiler, os.X_OK):
        raise ToolError(
            f"{compiler} is not a program",
            hint=f"The core {board.core.id} names the prefix of its programs: 'toolchain' of boards/cores.",
        )
    return f"{_first_line(str(compiler))}, {found[0]}@{found[1]}"


@cache
def _first_line(compiler: str) -> str:
    return proc.run([compiler, "--version"], timeout_seconds=30).output.partition("\n")[0].strip()
