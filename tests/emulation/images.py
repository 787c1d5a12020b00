# SPDX-License-Identifier: Apache-2.0
"""Tiny firmware for the emulators, built by the compilers themselves, and what it costs by construction."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from harness import proc
from harness.boards import Board
from harness.emulation import CountRequest, Counts
from harness.settings import data_dir

_SOURCES = Path(__file__).parent / "firmware"
CLASSES_SOURCE = _SOURCES / "classes.S"
LAYERS = ("layer_hook", "layer_loop", "layer_nested", "layer_reads", "layer_tail")
MIXED_LAYERS = ("layer_integers", "layer_floats", "layer_device")
MIXED_REQUEST = CountRequest(caller="run_inference", inference="inference", layers=MIXED_LAYERS)
REQUEST = CountRequest(caller="run_inference", inference="inference", layers=LAYERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How the test firmware is built for a kind of core."""

    compiler: str
    flags: tuple[str, ...]
    sources: tuple[str, ...]
    script: str | None = None


_BARE = ("-Os", "-nostdlib", "-ffreestanding")
_ARM = Recipe(compiler="arm-none-eabi-gcc", flags=_BARE, sources=("mps2.c", "mps2.S"), script="mps2.ld")
_STM32F4 = Recipe(
    compiler="arm-none-eabi-gcc", flags=_BARE, sources=("stm32f4.c", "mps2.S"), script="stm32f4.ld"
)  # its kernels read what lies at the address of the other's UART, of USART2 here
_RISCV = Recipe(
    compiler="riscv64-unknown-elf-gcc", flags=_BARE, sources=("virt.c", "virt_start.S", "virt.S"), script="virt.ld"
)
_XTENSA = Recipe(
    compiler="xtensa-lx106-elf-gcc", flags=_BARE, sources=("lx60.c", "lx60_start.S", "lx60.S"), script="lx60.ld"
)
_AVR = Recipe(
    compiler="avr-gcc", flags=("-Os", "-nostartfiles"), sources=("avr.c", "avr_start.S", "avr.S"), script="avr.ld"
)
_NATIVE = Recipe(compiler="gcc", flags=("-Os",), sources=("host.c",))
_RECIPES = {"thumb2": _ARM, "rv32": _RISCV, "xtensa": _XTENSA, "avr": _AVR, "native": _NATIVE}


def build_image(board: Board, folder: Path) -> Path:
    """Build the test firmware for a board into a folder."""
    return _build(board, folder, _STM32F4 if board.id == "disco_f407vg" else _RECIPES[board.core.isa])


def build_mixed_image(board: Board, folder: Path, optimize: str, *, code_address: int | None = None) -> Path:
    """Build a firmware whose layers are C, so that nobody knows beforehand what they cost."""
    recipe = _RECIPES[board.core.isa]
    address = {"thumb2": "0x40004004u", "rv32": "0x10000004u", "xtensa": "0x9D050034u"}[board.core.isa]
    flags = (*recipe.flags, f"-DUART_STATE_ADDRESS={address}", "-fno-tree-loop-distribute-patterns", optimize)
    if code_address is not None:
        flags = (*flags, f"-Wl,--section-start=.text={code_address:#x}")
    sources = (*recipe.sources[:-1], "mixed.c")
    if board.core.isa == "xtensa":  # its compiler's library lacks arithmetic
        hal = data_dir("firmware_templates") / "project" / "xtensa"
        sources += tuple(str(hal / name) for name in ("integers.c", "floats.c", "doubles.c"))
    return _build(board, folder, dataclasses.replace(recipe, flags=flags, sources=sources))


def build_classes_image(board: Board, folder: Path) -> Path:
    """Build a firmware whose layers hold instructions of every class of Thumb-2 cores with a floating-point unit."""
    return _build(board, folder, dataclasses.replace(_ARM, sources=("mps2.c", CLASSES_SOURCE.name)))


def _build(board: Board, folder: Path, recipe: Recipe) -> Path:
    core = [flag for flag in board.core.flags if not flag.startswith("--specs")]
    sources = [str(_SOURCES / name) for name in ("main.c", *recipe.sources)]
    image = folder / f"{board.id}.elf"
    command = [recipe.compiler, *core, *recipe.flags, "-Wall", "-Wextra", "-Werror", *sources]
    command += ["-T", str(_SOURCES / recipe.script)] if recipe.script else []
    command += ["-lgcc", "-o", str(image)]
    finished = proc.run(command, timeout_seconds=60)
    assert finished.exit_code == 0, finished.output
    return image


def expected_counts(board: Board) -> Counts:
    """Return what one inference of the test firmware costs: the sums written beside its instructions."""
    if board.core.isa == "avr":
        return _expected_of_avr()
    return constructed_counts(board, ("flash", "ram", "other"))


def constructed_counts(board: Board, memories: tuple[str, ...], literals: tuple[int, ...] = ()) -> Counts:
    """Return the sums by the names of the board's memories; ``literals`` are bytes that a layer reads with the code.

    They are given where the code has a memory of its own, which is then the first.
    """
    if board.core.isa == "thumb2":
        own, own_reads = 7, (0, 8, 0)
        layers = (4, 2002, 10, 10, 5)
        reads = ((4, 4, 0), (0, 0, 0), (0, 8, 0), (15, 20, 8), (0, 0, 0))
    elif board.core.isa == "xtensa":
        own, own_reads = 9, (0, 4, 0)
        layers = (4, 2002, 13, 11, 5)
        reads = ((4, 4, 0), (0, 0, 0), (0, 4, 0), (19, 8, 8), (0, 0, 0))
    else:
        own, own_reads = 9, (0, 4, 0)
        layers = (5, 2002, 13, 13, 5)
        reads = ((0, 4, 0), (0, 0, 0), (0, 4, 0), (7, 8, 2), (0, 0, 0))
    rows: tuple[tuple[int, ...], ...] = (own_reads, *reads)
    if literals:
        rows = tuple(
            (with_code, row[0] - with_code, *row[1:]) for with_code, row in zip((0, *literals), rows, strict=True)
        )
    total = tuple(sum(column) for column in zip(*rows, strict=True))
    return Counts(
        instructions=own + sum(layers),
        layer_instructions=layers,
        reads=tuple(zip(memories, total, strict=True)),
        layer_reads=tuple(tuple(zip(memories, row, strict=True)) for row in rows[1:]),
        layer_classes=((),) * len(layers),
    )


def _expected_of_avr() -> Counts:
    own_instructions, own_cycles = 7, 22
    instructions = (4, 2003, 11, 21, 5)
    cycles = (9, 4006, 32, 42, 10)
    reads = ((0, 0, 1, 0), (0, 0, 0, 0), (0, 0, 1, 0), (4, 0, 6, 2), (0, 0, 0, 0))
    total = tuple(sum(column) for column in zip((0, 0, 1, 0), *reads, strict=True))
    names = ("near_flash", "flash", "ram", "other")
    return Counts(
        instructions=own_instructions + sum(instructions),
        layer_instructions=instructions,
        reads=tuple(zip(names, total, strict=True)),
        layer_reads=tuple(tuple(zip(names, row, strict=True)) for row in reads),
        layer_classes=((),) * len(instructions),
        cycles=own_cycles + sum(cycles),
        layer_cycles=cycles,
    )


def without_classes(counts: Counts) -> Counts:
    """Return the counts of cores whose instructions are not told apart."""
    return dataclasses.replace(counts, classes=(), layer_classes=((),) * len(counts.layer_reads))
