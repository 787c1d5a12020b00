# SPDX-License-Identifier: Apache-2.0
"""What kernels cost: ``python benchmarks/kernels.py [MODEL.tflite ...] [--board B ...] [--csv FILE]``.

Without models the five reference models of the shared folder are taken (``HARNESS_SHARED``, else ``../shared`` beside
the checkout). All figures are counted, or priced from counts, so that they are the same on every machine. The ratio is
to TensorFlow Lite Micro with the kernels named, from the baselines of the shared folder, where they are present and
have the core. Where the core has a table of cycles, they stand beside the instructions, modelled: with memories that
answer at once and with a flash that has wait states; a second table compares them with their bars and with the best
published silicon, a third, with ``--classes``, the counted classes with the baseline's.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from harness.boards import load_board
from harness.emulation import CLASSES
from harness.estimate import price_cycles
from harness.pipeline import BenchRequest, bench_model
from harness.records import Cycles, Measurement
from harness.store import open_store

ROOT = Path(__file__).resolve().parent.parent
CORTEX_M0 = str(ROOT / "benchmarks" / "boards" / "cortex_m0_on_an385.toml")
BOARDS = ("mps2_an386", "mps3_an547", "mps2_an385", "riscv32_virt", CORTEX_M0)
_WIDTH = 150  # of tables that go to a file
# Millions of cycles with a flash that has wait states: at most, and the best closed engine on a NUCLEO-L4R5ZI
# (MLPerf Tiny results: X-CUBE-AI 9.0; ad by Plumerai).
CYCLE_BARS = {"kws": (5.7, 5.18), "ic": (21.8, 19.8), "vww": (11.7, 10.7), "ad": (0.80, 0.49)}
_BASELINE_CLASSES = "tflm_m4_classes.csv"
_RENAMED = {  # columns of the baseline that are named otherwise here
    **{"bx_ret": "bx", "ld_region_change": "region_change", "unal_ld": "unaligned_ld", "unal_st": "unaligned_st"},
    "r0_ld": "flash_scattered",  # it does not tell them from sequential ones
}
# Core of a board: file of the baseline, kernels, and the value of its column ``core`` where it has one.
BASELINES = {
    "cortex-m4f": ("tflm_cortex_m4.csv", "TFLM + CMSIS-NN", ""),
    "cortex-m55": ("tflm_cortex_m55.csv", "TFLM + CMSIS-NN (MVE)", ""),
    "cortex-m3": ("tflm_other_cores.csv", "cmsis-nn", "cortex-m3"),
    "cortex-m0": ("tflm_other_cores.csv", "cmsis-nn", "cortex-m0"),
    "rv32imc": ("tflm_other_cores.csv", "reference", "rv32imc"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One layer of a model on a board, or with the name ``total`` all of them."""

    model: str
    board: str
    layer: str
    variant: str
    macs: int
    instructions: int
    cycles: Cycles | None = None
    classes: tuple[tuple[str, int], ...] = ()
    ram_bytes: int | None = None
    stack_bytes: int | None = None
    weights_bytes: int | None = None
    code_bytes: int | None = None
    baseline_instructions: int | None = None

    @property
    def per_mac(self) -> float | None:
        return self.instructions / self.macs if self.macs else None

    @property
    def ratio(self) -> float | None:
        return self.instructions / self.baseline_instructions if self.baseline_instructions else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("models", nargs="*", type=Path)
    parser.add_argument("--board", action="append", dest="boards")
    parser.add_argument("--csv", type=Path)
    parser.add_argument("--classes", action="store_true", help="print the counted classes too")
    arguments = parser.parse_args()
    shared = Path(os.environ.get("HARNESS_SHARED") or ROOT.parent / "shared")
    models = arguments.models or sorted((shared / "models").glob("*.tflite"))
    if not models:
        raise SystemExit("no models: name some, or set HARNESS_SHARED to a folder that has models/*.tflite")
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH)
    rows: list[Row] = []
    for board in arguments.boards or BOARDS:
        known = baseline(shared / "baselines", board)
        found = [row for model in models for row in measure(model, board, known)]
        console.print(table(board, found))
        totals = [row for row in found if row.layer == "total" and row.cycles is not None]
        if totals:
            console.print(cycle_table(board, totals))
        if totals and arguments.classes:
            console.print(class_table(board, totals, baseline_classes(shared / "baselines", board)))
        rows += found
    if arguments.csv:
        write_csv(arguments.csv, rows)


def measure(model: Path, board: str, baselines: Mapping[str, int]) -> list[Row]:
    """Bench a model and return a row a layer and one for the whole. Ends the program where it is not verified."""
    with tempfile.TemporaryDirectory() as folder:
        request = BenchRequest(model=model, name=model.name, board=board)
        outcome = bench_model(request, lambda: open_store(Path(folder))).outcome
    found = outcome.measurement
    if found is None or found.instructions is None or not found.verification.verified:
        raise SystemExit(f"{model.name} on {board}: {outcome.failure or 'not counted, or not verified'}")
    name = Path(board).stem  # of a file, or the board itself
    return [*_layers(found, model.stem, name), _total(found, model.stem, name, baselines.get(model.stem))]


def baseline(folder: Path, board: str) -> dict[str, int]:
    """Return the baseline's instructions by model; none where the file is absent or the core is not in it."""
    core = load_board(board).core.id
    if core not in BASELINES or not (folder / BASELINES[core][0]).is_file():
        return {}
    name, kernels, label = BASELINES[core]
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return {
            line["model"]: int(line["instructions"])
            for line in csv.DictReader(file)
            if kernels in (line.get("stack"), line.get("kernels")) and line.get("core", "") == label
        }


def table(board: str, rows: Sequence[Row]) -> Table:
    """Lay out all layers and totals of a board; the title has the geometric mean of the ratios."""
    ratios = [row.ratio for row in rows if row.ratio is not None]
    mean = f", geometric mean of the ratios {statistics.geometric_mean(ratios):.3f}" if ratios else ""
    shown = Table(title=f"{Path(board).stem}{mean}")
    for name in ("model", "layer", "variant"):
        shown.add_column(name)
    has_cycles = any(row.cycles is not None for row in rows)
    modelled = ("cycles, 0 WS", "cycles, flash WS") if has_cycles else ()
    for name in ("MACs", "instructions", "a MAC", *modelled, "RAM", "stack", "weights", "code", "ratio"):
        shown.add_column(name, justify="right")
    for row in rows:
        sizes = (row.ram_bytes, row.stack_bytes, row.weights_bytes, row.code_bytes)
        shown.add_row(
            row.model,
            row.layer,
            row.variant,
            f"{row.macs:,}",
            f"{row.instructions:,}",
            _decimal(row.per_mac),
            *(_cycle_cells(row.cycles) if has_cycles else ()),
            *("" if size is None else f"{size:,}" for size in sizes),
            _decimal(row.ratio, 3),
            style="bold" if row.layer == "total" else None,
            end_section=row.layer == "total",
        )
    return shown


def cycle_table(board: str, totals: Sequence[Row]) -> Table:
    """Lay out the modelled cycles of whole models, their ratio to the bars, and what most of them are spent on."""
    shown = Table(title=f"{board}: cycles, modelled, and their ratio to the bar and to the best silicon")
    shown.add_column("model")
    for name in ("0 WS", "flash WS", "bar", "ratio", "best silicon", "ratio", "reads of flash", "sequential"):
        shown.add_column(name, justify="right")
    shown.add_column("flash WS, most of it")
    for row in totals:
        assert row.cycles is not None
        bar, silicon = CYCLE_BARS.get(row.model, (None, None))
        cycles = row.cycles.flash_wait
        counts = dict(row.classes)
        sequential, scattered = counts.get("flash_sequential", 0), counts.get("flash_scattered", 0)
        shown.add_row(
            row.model,
            *_cycle_cells(row.cycles),
            _decimal(bar),
            _decimal(bar and cycles / bar / 1e6, 3),
            _decimal(silicon),
            _decimal(silicon and cycles / silicon / 1e6, 3),
            f"{sequential + scattered:,}",
            f"{sequential / max(1, sequential + scattered):.0%}",
            ", ".join(f"{name} {share:.0%}" for name, share in spent(board, row)[:5]),
        )
    return shown


# What is priced together: an instruction with its registers, its outcome or its delay.
_GROUPS = {
    "simd_mac": ("simd_mac",),
    "other MAC, mul, div": ("mul", "mla", "mull", "mlal", "div"),
    "ALU": ("alu", "alu_shift", "extend", "mov_imm", "dsp_alu"),
    "ldm": ("ldm", "ldm_regs"),
    "other loads": ("load", "load_pipelined", "load_wb", "ldrd", "addr_dep", "region_change", "unaligned_ld"),
    "stores": ("store", "store_reg", "store_after_mem", "stm", "stm_regs", "strd", "unaligned_st"),
    "branches": ("bcond", "bcond_taken", "b", "table_branch", "call", "bx", "pc_load", "it"),
    "reads of flash": ("flash_sequential", "flash_scattered"),
}


def spent(board: str, row: Row) -> list[tuple[str, float]]:
    """Return the share of a row's cycles that each group of classes takes, the largest first."""
    assert row.cycles is not None
    core = load_board(board).core
    shares = []
    for group, names in _GROUPS.items():
        cycles = price_cycles(core, [(name, count) for name, count in row.classes if name in names])
        shares.append((group, cycles.flash_wait / row.cycles.flash_wait if cycles else 0.0))
    return sorted(shares, key=lambda share: -share[1])


def class_table(board: str, totals: Sequence[Row], known: Mapping[str, Mapping[str, int]]) -> Table:
    """Lay out the counted classes of whole models, a row a class, the baseline's beside ours where it is known."""
    shown = Table(title=f"{board}: instructions by class, counted" + (", beside the baseline's" if known else ""))
    shown.add_column("class")
    for row in totals:
        shown.add_column(row.model, justify="right")
        if row.model in known:
            shown.add_column(f"{row.model}, TFLM", justify="right")
    for name in CLASSES:
        columns = [[dict(row.classes), *([known[row.model]] if row.model in known else [])] for row in totals]
        counts = [each.get(name, 0) for column in columns for each in column]
        if any(counts):
            shown.add_row(name, *(f"{count:,}" for count in counts))
    return shown


def baseline_classes(folder: Path, board: str) -> dict[str, dict[str, int]]:
    """Return the baseline's classes by model, named as here; none where the file is absent or has not the core."""
    if load_board(board).core.id != "cortex-m4f" or not (folder / _BASELINE_CLASSES).is_file():
        return {}
    with (folder / _BASELINE_CLASSES).open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kernels"] == "cmsis-nn"]
    renamed = [{_RENAMED.get(name, name): value for name, value in row.items()} for row in rows]
    return {row["model"]: {name: int(value) for name, value in row.items() if name in CLASSES} for row in renamed}


def write_csv(path: Path, rows: Iterable[Row]) -> None:
    """Write all rows: a column a field, the cycles, the ratios, and a column a class."""
    plain = [name for name in Row.__dataclass_fields__ if name not in ("cycles", "classes")]
    derived = ["instructions_per_mac", "ratio", "cycles_zero_wait", "cycles_flash_wait"]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*plain, *derived, *CLASSES])
        for row in rows:
            values = [getattr(row, name) for name in plain]
            cycles = (row.cycles.zero_wait, row.cycles.flash_wait) if row.cycles else (None, None)
            counts = dict(row.classes)
            by_class = [counts.get(name, 0) if counts else None for name in CLASSES]
            writer.writerow([*values, _decimal(row.per_mac, 4), _decimal(row.ratio, 4), *cycles, *by_class])


def _layers(found: Measurement, model: str, board: str) -> list[Row]:
    return [
        Row(
            model=model,
            board=board,
            layer=layer.name,
            variant=layer.variant,
            macs=layer.macs,
            instructions=layer.instructions or 0,
            cycles=layer.cycles,
            classes=layer.classes,
        )
        for layer in found.layers
    ]


def _total(found: Measurement, model: str, board: str, known: int | None) -> Row:
    assert found.instructions is not None
    return Row(
        model=model,
        board=board,
        layer="total",
        variant="",
        macs=sum(layer.macs for layer in found.layers),
        instructions=int(found.instructions.value),
        cycles=found.cycles,
        classes=found.classes,
        ram_bytes=found.ram.model_bytes,
        stack_bytes=found.ram.stack_bytes,
        weights_bytes=found.flash.weights_bytes,
        code_bytes=found.flash.code_bytes,
        baseline_instructions=known,
    )


def _cycle_cells(cycles: Cycles | None) -> tuple[str, str]:
    return ("", "") if cycles is None else (f"{cycles.zero_wait:,}", f"{cycles.flash_wait:,}")


def _decimal(value: float | None, digits: int = 2) -> str:
    return "" if value is None else f"{value:.{digits}f}"


if __name__ == "__main__":
    main()
