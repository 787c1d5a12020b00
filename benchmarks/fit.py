# SPDX-License-Identifier: Apache-2.0
"""What ``harness fit`` predicts beside what is built: ``python benchmarks/fit.py [--write] [--board B] [MODEL ...]``.

Without models: ``examples/digits.tflite`` and the reference models of the shared folder, where present. Every model is
built for every board of the local platform, and run once for the peak of its stack: in the board's own emulator, or on
a board with its core where that is not installed. ``--write`` puts what was found into the files of boards and cores:
the part of the firmware that is no model's (from the first model), and the code of layers by kind, as means that were
then fitted to whole models. ``--write base`` writes the first alone, for boards that were added to a known core.
"""

from __future__ import annotations

import argparse
import datetime
import os
import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import numpy as np
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection
from rich.console import Console
from rich.table import Table

from harness.boards import Board, board_ids, load_board
from harness.emit.env import render
from harness.emit.model import level_context
from harness.emulation import installed_way
from harness.errors import DoesNotFit
from harness.firmware import build, render_project
from harness.footprint import Fit, fit, helpers_of, layer_kind, table_bytes
from harness.measure import open_emulated
from harness.runtimes.codegen import RUNTIME, lower_model

ROOT = Path(__file__).resolve().parent.parent
OTHER = "other"
SHARED = Path(os.environ.get("HARNESS_SHARED") or ROOT.parent / "shared") / "models"


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A model's figures on a board, from the ELF and the device."""

    board: Board
    model: str
    flash_bytes: int
    static_bytes: int
    stack_bytes: int
    stack_on: str  # the board itself, or one with its core
    base_flash_bytes: int  # what is neither weights, nor the model's code, nor the runner's tables
    base_ram_bytes: int  # what is neither activations, nor the runner's tables and copy of the inputs
    parts: tuple[tuple[str, int], ...]  # bytes of code by kind of layer, by helper, and of what else the model has
    predicted: Fit


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", type=Path)
    parser.add_argument("--board", action="append")
    parser.add_argument("--write", nargs="?", choices=("all", "base"), const="all")
    options = parser.parse_args()
    models = options.models or [ROOT / "examples" / "digits.tflite", *sorted(SHARED.glob("*.tflite"))]
    boards = [load_board(board) for board in options.board or board_ids()]
    found: list[Built] = []
    with tempfile.TemporaryDirectory() as scratch:
        for board in (board for board in boards if board.platformio.platform == "local"):
            found += [one for model in models if (one := measure(board, model, Path(scratch)))]
    Console(width=110).print(show(found))
    if options.write:
        write_bases(found)
    if options.write == "all":
        write_codes(found)


def measure(board: Board, model: Path, scratch: Path) -> Built | None:
    """Build a model and run it once; None where the board does not hold it."""
    data = model.read_bytes()
    predicted = fit(data, board, name=model.name)
    try:
        rendered = RUNTIME.render(data, board, name=model.name)
        image = build(render_project(rendered, board, scratch / board.id, optimize="speed"), board)
    except DoesNotFit as error:
        print(f"{board.id} {model.stem}: {predicted.verdict}, built: {error.message.splitlines()[0]}", file=sys.stderr)
        return None
    way = installed_way(board)
    assert way is not None, f"no emulator for {board.id} is installed"
    elf = image.elf
    if way.machine is not board:
        runs = RUNTIME.render(data, way.machine, name=model.name)
        elf = build(render_project(runs, way.machine, scratch / way.machine.id, optimize="speed"), way.machine).elf
    with open_emulated(way.machine, way.driver, elf, rendered) as rig:
        rig.device.hello()
        rig.device.run(1, 0)
        stack = rig.device.peak_stack()
    lowering = lower_model(data, board, name=model.name)
    functions = function_sizes(image.elf)
    sizes = [layer_size(functions, layer.symbol) for layer in lowering.layers]
    helpers = helper_sizes(functions, helpers_of(lowering.layers))
    flash = image.figures.flash
    other = flash.code_bytes - sum(sizes) - sum(size for _, size in helpers)
    ports = len(rendered.inputs) + len(rendered.outputs)
    tables, tables_in_ram = table_bytes(board, layers=len(lowering.layers), ports=ports)
    inputs = sum(-(-port.size_bytes // 16) * 16 for port in rendered.inputs)
    activations = sum(rendered.activations_bytes.values())
    return Built(
        board=board,
        model=model.stem,
        flash_bytes=flash.total_bytes,
        static_bytes=image.figures.static_ram_bytes,
        stack_bytes=stack,
        stack_on=way.machine.id,
        base_flash_bytes=flash.total_bytes - flash.weights_bytes - flash.code_bytes - tables,
        base_ram_bytes=image.figures.static_ram_bytes - activations - inputs - tables_in_ram,
        parts=(*zip(map(layer_kind, lowering.layers), sizes, strict=True), *helpers, (OTHER, other)),
        predicted=predicted,
    )


def show(found: Iterable[Built]) -> Table:
    table = Table(title="predicted beside built")
    for head in ("board", "model", "flash built", "predicted", "error", "RAM built", "predicted", "error"):
        table.add_column(head, justify="left" if head in ("board", "model") else "right")
    for one in found:
        flash, ram = one.predicted.flash.bytes, one.predicted.ram.bytes
        built = one.static_bytes + one.stack_bytes
        error = f"{flash / one.flash_bytes - 1:+.1%}"
        cells = (f"{one.flash_bytes:,}", f"{flash:,}", error, f"{built:,}", f"{ram:,}", f"{ram - built:+,}")
        table.add_row(one.board.id, one.model, *cells)
    return table


def write_bases(found: Iterable[Built]) -> None:
    """Replace the measured table at the end of the files of boards."""
    by_board: dict[str, list[Built]] = defaultdict(list)
    for one in found:
        by_board[one.board.id].append(one)
    for board, all_of_it in by_board.items():
        first = all_of_it[0]
        stack = "" if first.stack_on == board else f"; stack as on {first.stack_on}"
        lines = [
            "[base] # measured by benchmarks/fit.py --write",
            f"date = {today()}",
            f'source = "a build of {first.model}.tflite{stack}"',
            f"flash_bytes = {first.base_flash_bytes}",
            f"ram_bytes = {first.base_ram_bytes}",
            f"stack_bytes = {round(mean(one.stack_bytes for one in all_of_it))}",
        ]
        replace_tables(ROOT / "boards" / f"{board}.toml", "base", lines)


def write_codes(found: Iterable[Built]) -> None:
    """Replace the measured table of layers at the end of the files of cores; a core needs all of its boards' models."""
    by_core: dict[str, list[Built]] = defaultdict(list)
    for one in found:
        by_core[one.board.core.id].append(one)
    for core, all_of_it in by_core.items():
        means = weighted_means((one, part) for one in all_of_it for part in one.parts)
        counted = [(Counter(name for name, _ in one.parts), sum(s for _, s in one.parts)) for one in all_of_it]
        models = [(counts, code, one.flash_bytes) for (counts, code), one in zip(counted, all_of_it, strict=True)]
        sizes = refine(means, models)
        layers = {name: size for name, size in sizes.items() if "/" in name}
        helpers = {name: size for name, size in sizes.items() if "/" not in name and name != OTHER}
        lines = [
            "[code] # measured by benchmarks/fit.py --write",
            f"date = {today()}",
            f"other_bytes = {sizes[OTHER]}",
            "[code.layers]",
            *(f'"{kind}" = {size}' for kind, size in layers.items()),
            "[code.helpers]",
            *(f"{helper} = {size}" for helper, size in helpers.items()),
        ]
        replace_tables(ROOT / "boards" / "cores" / f"{core}.toml", "code", lines)


def today() -> str:
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def weighted_means(sized: Iterable[tuple[Built, tuple[str, int]]]) -> dict[str, int]:
    """Return the mean size by name; in a small image a byte counts for more, as it does in the relative error."""
    weights: dict[str, float] = defaultdict(float)
    sums: dict[str, float] = defaultdict(float)
    for one, (name, size) in sized:
        weights[name] += 1 / one.flash_bytes
        sums[name] += size / one.flash_bytes
    return {name: round(sums[name] / weights[name]) for name in sorted(sums)}


def refine(sizes: dict[str, int], models: list[tuple[Counter[str], int, int]]) -> dict[str, int]:
    """Move mean sizes so that whole models come out better: each has the counts of its kinds, its code, its flash.

    Least squares of the relative errors in flash, with a price on changes: doubling a size costs as much as 3 % error.
    """
    names = sorted(sizes)
    prior = np.array([max(sizes[name], 1) for name in names], dtype=float)
    counts = np.array([[counted[name] for name in names] for counted, _, _ in models], dtype=float)
    weight = 1 / np.array([flash for _, _, flash in models], dtype=float)
    lacking = np.array([code for _, code, _ in models], dtype=float) - counts @ np.array([sizes[n] for n in names])
    left = np.vstack([counts * prior * weight[:, None], 0.03 * np.eye(len(names))])
    change = np.linalg.lstsq(left, np.concatenate([lacking * weight, np.zeros(len(names))]), rcond=None)[0]
    return {name: max(round(sizes[name] + by * of), 0) for name, by, of in zip(names, change, prior, strict=True)}


def layer_size(functions: Iterable[tuple[str, int]], symbol: str) -> int:
    """Return the bytes of a layer's function and of those that are its own."""
    return sum(size for name, size in functions if name == symbol or name.startswith(f"{symbol}_"))


def helper_sizes(functions: Iterable[tuple[str, int]], helpers: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Return the bytes of the functions that each of the helpers defines."""
    sizes = dict.fromkeys(helpers, 0)
    defines = {name: helper for helper in sizes for name in functions_of(helper)}
    for name, size in functions:
        if name in defines:
            sizes[defines[name]] += size
    return tuple(sizes.items())


def functions_of(helper: str) -> list[str]:
    """Return the names of the functions in a helper's C text: what is static and has a list of parameters."""
    text = render(f"model/helpers/{helper}.c.j2", level_context("speed"))
    return re.findall(r"^(?!\s|#).*\bstatic\b.*?\b(\w+)\((?!\()[^)]*(?:\)|,$)", text, re.MULTILINE)


def function_sizes(elf: Path) -> list[tuple[str, int]]:
    """Return the functions of an image by the names of their sources, without what a compiler appends."""
    with elf.open("rb") as file:
        table = ELFFile(file).get_section_by_name(".symtab")
        assert isinstance(table, SymbolTableSection)
        symbols = [(symbol.name, symbol["st_size"], symbol["st_info"]["type"]) for symbol in table.iter_symbols()]
    return [(re.split(r"[.$]", name)[0], size) for name, size, kind in symbols if kind == "STT_FUNC"]


def replace_tables(path: Path, table: str, lines: list[str]) -> None:
    """Replace a table of a file and its inner ones; they stand at the end then."""
    old = rf"^\[{table}[.\]].*\n(?:(?!\[).*\n)*"
    kept = re.sub(old, "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    path.write_text(kept.rstrip() + "\n\n" + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
