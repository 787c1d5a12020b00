# SPDX-License-Identifier: Apache-2.0
"""The compiler of a core and the flags that every file is compiled with."""

from __future__ import annotations

from functools import cache

from harness import proc
from harness.boards import Board
from harness.errors import ToolError, UserError, did_you_mean

OPTIMIZE = {"speed": "-O2", "balanced": "-O2", "size": "-Os"}

# For all that we write or generate; a vendor's framework is compiled with its own.
SOURCE_FLAGS = ("-std=c99", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror")
# AVR: standard C has no address spaces, and weights lie in one of their own; GCC 5 does not know how to unroll.
_AVR_FLAGS = ("-std=gnu99", *SOURCE_FLAGS[1:], "-Wno-unknown-pragmas")
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


def toolchain_version(board: Board) -> str:
    """Return the first line that the compiler says of itself. Raises ToolError, naming what to install, without one."""
    if not is_local(board):
        return f"as PlatformIO's platform {board.platformio.platform} brings it"
    compiler = f"{program_prefix(board)}gcc"
    if proc.which(compiler) is None:
        packages = _PACKAGES.get(board.core.toolchain, compiler)
        raise ToolError(f"the compiler {compiler!r} is not installed", hint=f"sudo apt-get install {packages}")
    return _first_line(compiler)


@cache
def _first_line(compiler: str) -> str:
    return proc.run([compiler, "--version"], timeout_seconds=30).output.partition("\n")[0].strip()
